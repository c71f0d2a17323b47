"""No text reaches a reader but through the catalogue: a look at the code of pages and commands."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.catalogues import CLICK, PACKAGES
from tests.layout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ = [
    ROOT / "app.py",
    *sorted((ROOT / "pages").rglob("*.py")),
    *sorted((ROOT / "recommender" / "commands").glob("*.py")),
    *(ROOT / name / "__main__.py" for name in ("recommender", "detectors")),
]
# Train and measure models: developers' commands, which speak English as code and logs do.
DEVELOPERS = {"models"}
SCRIPTS = sorted((ROOT / "pages" / "ui" / "js").glob("*.js"))
# Two words, or one with a capital letter, beside signs.
WORDS = re.compile(
    r"[A-Za-z’']{2,}[,;:.!?…]? +[A-Za-z’']{2,}|^[^A-Za-z]*[A-Z][a-z’]+[.…!?]?[^A-Za-z]*$"
)
SPOKEN = re.compile(r"(?:aria-label|title|alt|placeholder)=[\"']([^\"']*[A-Za-z]{2}[^\"']*)")
# What no reader sees as words: tags, icons, entities, addresses.
MARKS = re.compile(r"<[^>]*>|:material/\w+:|&#?\w+;|https?://\S+")
TRANSLATED = {"tr", "tr_count", "Message", "WordedError"}
# Calls whose texts are patterns, names of types or keys.
SILENT = {"compile", "TypeVar", "ParamSpec", "get_option"}
# Calls whose texts are keys of titles.
TITLED = {"theme.page", "shell.draw"}
NAMES = {"Moodring", "Spotify", "**Spotify**", "YouTube", "Cloudflare", "◌ · Moodring"}
# By file: texts that are no words of ours, and why.
KEPT: dict[str, dict[str, set[str]]] = {
    "pages/ui/about.py": {"ids of languages": {
        *("German", "Spanish", "French", "Portuguese", "Hindi", "Tamil", "Arabic", "Japanese"),
    }},
    "pages/ui/history/page.py": {"ids": {"Liked", "Skipped", "Banned", "Banned artists"}},
    "pages/ui/library/song_list.py": {"for other programs": {"Moodring: library"}},
    "pages/ui/listen/goals.py": {"in addresses of earlier versions": {"take me to"}},
    "pages/ui/plane.py": {"a picture": {'<svg xmlns="'}},
    "pages/ui/visitor/browser.py": {"headers": {
        *("__Host-", "Origin", "Strict", "Lax", "; Secure", "SameSite=None; Secure; Partitioned"),
    }},
    "pages/ui/web/doors.py": {
        "headers": {"Origin", "Host", "object-src 'none'", "base-uri 'self'"},
        "answers to what is no page of ours": {
            *("Only Moodring's own pages may do this.", "This is not the address of Moodring."),
            "Not found.",
        },
    },
    "pages/ui/web/first_page.py": {
        "HTML and headers": {
            *('<html lang="◌" dir="◌"', '<link rel="shortcut icon"', "public, max-age=◌"),
        },
        "answers to what is no page of ours": {"Not found."},
    },
    "pages/ui/listen/connection.py": {"log": {"a frame could not be decoded: %s"}},
    "pages/ui/cookie_secret.py": {"log": {"the cookies' secret cannot be shared: %s"}},
    "pages/ui/operations/life.py": {"log": {"other processes cannot be heard: %s"}},
    "pages/ui/operations/metrics.py": {
        "for Prometheus": {
            *("Pages that are open.", "Seats for cameras that are taken."),
            *("Seats for cameras that there are.", "When the last refresh ended."),
            *("Whether something in it failed.", "Pictures that were read."),
            *("Requests to sources.", "Requests to sources that failed."),
            "From a picture's arrival to what is read of the face in it.",
        },
        "log": {"no metrics: port %d: %s"},
    },
    "pages/ui/visitor/agreements.py": {"log": {"shared agreements cannot be used: %s"}},
    "pages/ui/visitor/owner.py": {"where there is no password": {"Not found."}},
    "pages/ui/visitor/password.py": {"styles": {
        ":root{color-scheme:light dark}",
        "border:1px solid light-dark(#757575,#8c8c8c)}button{cursor:pointer}p{margin:0}",
    }},
    "pages/ui/web/replicas.py": {"headers": {"Lax"}},
    "pages/ui/web/previews.py": {"answers to a player": {"Not found.", "Not now."}},
    "pages/ui/web/scripts.py": {"answers to what is no module": {"Not found."}},
    "pages/ui/web/server_sounds.py": {"headers": {"Range"}},
    "pages/ui/web/sounds.py": {"headers": {"Range", "private, no-store"}, "ids": {"no cookies"}},
    "pages/ui/web/sessions.py": {"answers that Streamlit's uploader does not show": {
        *("This upload belongs to another browser.", "This page takes no files now."),
        *("Say how long the file is.", "These are too many files at once. Send fewer of them."),
        "Too many files are being sent just now. Try again in a minute.",
    }},
    "recommender/commands/live_check.py": {"a song": {"Here Comes the Sun", "The Beatles"}},
}  # fmt: skip


def shown(text: str) -> list[str]:
    """Return what reads like words in a text."""
    plain = MARKS.sub("\n", text)
    said = [part.strip() for part in plain.splitlines() if WORDS.search(part.strip())]
    return said + [spoken for spoken in SPOKEN.findall(text) if spoken.strip("◌ ")]


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the texts in a piece of code that are neither translated nor meant for programs."""
    text = ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "◌" for one in node.values)
        text = "".join(map(str, parts))
    if isinstance(node, ast.expr):
        yield from ((node.lineno, words) for words in shown(text))
    for one in within(node):
        yield from literals(one)


def within(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a piece of code whose texts may be shown."""
    match node:
        case ast.JoinedStr():
            return [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
        case (
            ast.Expr(value=ast.Constant()) | ast.Raise() | ast.Assert() | ast.Compare() | ast.arg()
        ):
            # Docstrings and the like, and what is compared with a key.
            return []
        case ast.Call():
            name = ast.unparse(node.func)
            # `tests.catalogues` collects the help of commands.
            words = [one for one in node.keywords if name not in CLICK or one.arg != "help"]
            inner = [node.func, *node.args, *(one.value for one in words)]
            quiet = name.split(".")[-1] in TRANSLATED | SILENT or name in TITLED
            return [one for one in inner if not (quiet and isinstance(one, ast.Constant))]
        case ast.Dict():
            return [*node.values]
        case ast.Subscript() | ast.AnnAssign():
            return [node.value] if node.value else []
        case _:
            return [*ast.iter_child_nodes(node)]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_is_in_the_catalogue(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    kept = set().union(*KEPT.get(name, {}).values())
    found = list(literals(ast.parse(path.read_text(encoding="utf-8"))))
    assert [f"{name}:{line}: {text}" for line, text in found if text not in kept | NAMES] == []
    assert kept - {text for _, text in found} == set()


def test_every_command_is_read_but_those_of_developers() -> None:
    product = (path for name in (*PACKAGES, *DEVELOPERS) for path in (ROOT / name).rglob("*.py"))
    commands = {path for path in product if "@click.command" in path.read_text(encoding="utf-8")}
    assert {path.relative_to(ROOT).parts[0] for path in commands - set(READ)} == DEVELOPERS


@pytest.mark.parametrize("path", READ, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_stands_literally_in_its_call(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"tr", "tr_count"}:
            texts = node.args[: 2 if ast.unparse(node.func) == "tr_count" else 1]
            assert all(isinstance(text, ast.Constant) for text in texts), ast.unparse(node)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_holds_no_words(path: Path) -> None:
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", code)
    assert [text for text in map("".join, texts) if re.match(r"[A-Z][a-z]+( [a-z]+)+", text)] == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('st.button("Find songs", key="find songs")', ["Find songs", "find songs"]),
        ('st.button(tr("Find songs"), key="find")', []),
        ('st.html(f\'<b class="a b" aria-label="All songs">{x}</b>\')', ["All songs"]),
        ("st.html(f'<b class=\"a b\">{x} songs of yours</b>')", ["◌ songs of yours"]),
        ("say(f\"{tr('Go')} {'or stay'}\")", ["or stay"]),
        ('raise ValueError("a bug of ours")', []),
        ('NAMES = {"Play it": tr("Play")}', []),
        ('"""Draw it."""', []),
    ],
)
def test_words_are_told_from_what_programs_read(code: str, said: list[str]) -> None:
    assert [text for _, text in literals(ast.parse(code))] == said
