"""Keeps the catalogues of translations: `make words`, or `python -m tests.catalogues`.

It collects every text of the code (`tr`, `tr_count`) and of the table of messages into
recommender/locale/moodring.pot, and brings each language's moodring.po up to it: new texts are
empty, translations stay, texts that are gone are dropped. With `--check` it writes nothing, and
says which files are behind.
"""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from recommender.commands import CLICK as CLICK_MODULES
from recommender.wording import DOMAIN, LANGUAGES, LOCALE, SENTENCES, TABLE

ROOT = Path(__file__).parents[1]
TEMPLATE = LOCALE / f"{DOMAIN}.pot"
PACKAGES = ("detectors", "pages", "recommender")
# Functions that translate, and how many texts each takes.
KEYWORDS = {"tr": 1, "tr_count": 2, "_": 1, "ngettext": 2}
CLICK = ("click.command", "click.Group", "click.option")
# What click says in our commands; the rest of its words is for commands of other kinds.
SAID_BY_CLICK = (
    *("Usage:", "Options", "Commands", "Show this message and exit.", "Error: {message}"),
    *("Try '{command} {option}' for help.", "Missing argument", "Missing option"),
    *("Missing command.", "Invalid value: {message}", "Invalid value for {param_hint}: {message}"),
    *("No such option {name!r}.", "No such command {name!r}.", "Did you mean {possibility}?"),
    *("Got unexpected extra argument ({args})", "Option {name!r} requires an argument."),
    *("Option {name!r} does not take a value.", "{value!r} is not a valid {number_type}."),
    *("{value} is not in the range {range}.", "{value!r} is not {choice}."),
)
HEADER = "# Words of Moodring; CONTRIBUTING.md says how to add or mend a language."
# Headers that would change with every run or version, or that nobody fills in.
UNKEPT = ("POT-", "PO-", "Last-Translator", "Language-Team", "Report-", "Generated-By")


def collected() -> Catalog:
    """Collect the texts of the code and of the table of messages."""
    found = Catalog(domain=DOMAIN, project="Moodring", version="1", charset="utf-8", fuzzy=False)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            where = [(path.relative_to(ROOT).as_posix(), 0)]
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for text in (*calls(tree), *helps(tree)):
                found.add(text, locations=where)
    for text in clicks():
        found.add(text, locations=[("click", 0)])
    for name, said in SENTENCES.items():
        text = said if isinstance(said, str) else (said[1], said[2])
        found.add(text, context=name, locations=[(TABLE.relative_to(ROOT).as_posix(), 0)])
    return found


def calls(tree: ast.Module) -> Iterator[str | tuple[str, ...]]:
    """Give the texts that a file has translated, those within f-strings, too.

    Babel reads tokens, and an f-string is one token before Python 3.12.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            told = node.args[: KEYWORDS.get(node.func.id, 0)]
            words = tuple(str(one.value) for one in told if isinstance(one, ast.Constant))
            if words:
                yield words[0] if len(words) == 1 else words


def clicks() -> Iterator[str | tuple[str, ...]]:
    """Give the texts of `SAID_BY_CLICK`, as click's code has them."""
    for module in CLICK_MODULES:
        for text in calls(ast.parse(inspect.getsource(module))):
            if (text if isinstance(text, str) else text[0]) in SAID_BY_CLICK:
                yield text


def helps(tree: ast.Module) -> Iterator[str]:
    """Give the paragraphs of the help of click's commands and options in a file."""
    for node in ast.walk(tree):
        text: str | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLICK:
            told = [word.value for word in node.keywords if word.arg == "help"]
            if told and isinstance(told[0], ast.Constant):
                text = str(told[0].value)
            elif told:
                assert ast.unparse(told[0]) == "__doc__", ast.unparse(told[0])
                text = ast.get_docstring(tree)
        elif isinstance(node, ast.FunctionDef) and "click.command" in {
            ast.unparse(one.func) for one in node.decorator_list if isinstance(one, ast.Call)
        }:
            text = ast.get_docstring(node)
        for paragraph in (text or "").split("\n\n"):
            if paragraph:
                yield " ".join(paragraph.split())


def path_of(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Read a language's catalogue; an empty one when there is none yet."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(language, domain=DOMAIN, project="Moodring", version="1", fuzzy=False)
    with path.open(encoding="utf-8") as lines:
        return read_po(lines, locale=language, domain=DOMAIN)


def written(catalogue: Catalog) -> str:
    """Return a catalogue as the text of its file: in order, a text on a line."""
    catalogue.header_comment = HEADER
    kept = BytesIO()
    write_po(kept, catalogue, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)
    unkept = tuple(f'"{header}' for header in UNKEPT)
    lines = kept.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(unkept))


def renewed() -> Iterator[tuple[Path, str]]:
    """Give each file of the catalogues, and the text that it should have."""
    template = collected()
    yield TEMPLATE, written(template)
    for language in LANGUAGES:
        if language != "en":
            catalogue = read(language)
            catalogue.update(template, no_fuzzy_matching=True)
            yield path_of(language), written(catalogue)


def behind() -> list[Path]:
    """Return the files that are not as the code wants them."""
    return [
        path
        for path, text in renewed()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the catalogues, or look at them."""
    parser = argparse.ArgumentParser(prog="python -m tests.catalogues", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if any is behind")
    if parser.parse_args().check:
        late = behind()
        for path in late:
            print(f"{path} is behind the code: make words")
        return bool(late)
    for path, text in renewed():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
