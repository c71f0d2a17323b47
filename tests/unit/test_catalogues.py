"""The catalogues of translations: what is collected, kept and dropped, and that each is whole."""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import TYPE_CHECKING

import click
import pytest

from recommender.commands.imports import FIELDS, import_
from recommender.wording import LANGUAGES
from tests import catalogues
from tests.catalogues import ROOT, behind, path_of, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

TRANSLATED = [code for code in LANGUAGES if code != "en"]
# Parts that every translation has, too: tags, links, icons and code.
FIXED = re.compile(r"</?\w+[^>]*>|\]\([^)]*\)|:material/\w+:|&\w+;|`+|\*\*")
CODE = '''
"""Does one thing.

And another
one.
"""

@click.command()
@click.option("--x", help="a wish" " of two")
def do(): """Make it."""

def draw():
    st.button(tr("Press {name}"), help=tr_count("{number} song", "{number} songs", 2))

COMMANDS = click.Group("x", help=__doc__)
'''


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Give the English text and the translation of each form of a message."""
    if not message.pluralizable:
        yield str(message.id), str(message.string)
        return
    one, many = message.id
    for number, form in enumerate(message.string):
        yield (many if number or len(message.string) == 1 else one), form


def fields(text: str) -> set[tuple[str, str]]:
    return {
        (name, spec or "")
        for _, name, spec, _ in string.Formatter().parse(text)
        if name is not None
    }


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


def test_they_are_what_the_code_wants() -> None:
    assert [f"{path.relative_to(ROOT)}: make words" for path in behind()] == []
    # Another version of click may say something else.
    found = {text if isinstance(text, str) else text[0] for text in catalogues.clicks()}
    assert found == set(catalogues.SAID_BY_CLICK)


def test_every_text_is_translated(catalogue: Catalog) -> None:
    missing = [
        message.id
        for message in catalogue
        if message.id and not all(said for _, said in texts(message))
    ]
    assert missing == []
    for message in catalogue:
        if message.pluralizable:
            assert len(message.string) == catalogue.num_plurals, message.id


def test_a_translation_has_the_values_and_signs_of_its_text(catalogue: Catalog) -> None:
    wrong = []
    for message in catalogue:
        for english, said in texts(message) if message.id else ():
            if not said:
                continue
            # A form for one or for two songs may say the number by a word.
            counted = {one for one in fields(english) if message.pluralizable} - fields(said)
            if (
                fields(said) | counted != fields(english)
                or len(counted) > 1
                or Counter(FIXED.findall(said)) != Counter(FIXED.findall(english))
                or ("\n" in said) != ("\n" in english)
            ):
                wrong.append((english, said))
    assert wrong == []


def test_texts_of_calls_of_help_and_of_the_table_are_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "x.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "TABLE", tmp_path / "wording.toml")
    monkeypatch.setattr(
        catalogues, "SAID_BY_CLICK", ("Usage:", "Option {name!r} requires an argument.")
    )
    monkeypatch.setattr(catalogues, "SENTENCES", {"a-b": "Said.", "c-d": ["n", "{n} a", "{n} b"]})
    found = catalogues.collected()
    assert {(one.context, one.id) for one in found if one.id} == {
        (None, "Press {name}"),
        (None, ("{number} song", "{number} songs")),
        (None, "Usage:"),
        (
            None,
            (
                "Option {name!r} requires an argument.",
                "Option {name!r} requires {nargs} arguments.",
            ),
        ),
        (None, "a wish of two"),
        (None, "Make it."),
        (None, "Does one thing."),
        (None, "And another one."),
        ("a-b", "Said."),
        ("c-d", ("{n} a", "{n} b")),
    }
    text = written(found)
    assert "pages/x.py\n" in text
    assert "Date" not in text


@pytest.mark.slow
def test_a_translation_stays_and_a_text_that_is_gone_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    monkeypatch.setattr(catalogues, "TEMPLATE", tmp_path / "moodring.pot")
    monkeypatch.setattr("sys.argv", ["tests.catalogues"])
    assert catalogues.main() == 0
    german = path_of("de")
    fresh = german.read_text(encoding="utf-8")
    empty = 'msgid "It cannot be read."\nmsgstr ""'
    assert empty in fresh
    kept = fresh.replace(empty, f'{empty[:-1]}Nicht lesbar."')
    german.write_text(f'{kept}\nmsgid "Gone"\nmsgstr "Weg"\n', encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["tests.catalogues", "--check"])
    assert catalogues.main() == 1
    assert capsys.readouterr().out == f"{german} is behind the code: make words\n"
    monkeypatch.setattr("sys.argv", ["tests.catalogues"])
    assert catalogues.main() == 0
    assert german.read_text(encoding="utf-8") == kept
    monkeypatch.setattr("sys.argv", ["tests.catalogues", "--check"])
    assert catalogues.main() == 0


def test_the_help_names_the_fields_that_there_are() -> None:
    told = next(one for one in import_.params if one.name == "mapping")
    assert isinstance(told, click.Option)
    assert f"{told.help}".endswith(f"fields: {FIELDS}")
