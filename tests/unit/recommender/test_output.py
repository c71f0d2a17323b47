"""What is printed comes through every stream."""

from __future__ import annotations

import io
import re
import sys

import click
import pytest

from recommender.__main__ import COMMANDS
from recommender.commands import carry_every_letter, report, run
from recommender.wording import PSEUDO

NOT_UTF8 = b"\xff.jpg".decode("utf-8", "surrogateescape")
# Left in English: options, their values, and where a long help is cut.
FOR_PROGRAMS = re.compile(r"--?[a-z][a-z-]*|\[[^\]]*\]|[A-Z_]{2,}")
NAMES = ["plain.jpg", "Größe.jpg", "恋.jpg", NOT_UTF8]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_every_name_comes_through_every_stream(
    monkeypatch: pytest.MonkeyPatch, encoding: str, name: str
) -> None:
    raw = {which: io.BytesIO() for which in ("stdout", "stderr")}
    for which, into in raw.items():
        monkeypatch.setattr(sys, which, io.TextIOWrapper(into, encoding=encoding))
    carry_every_letter()
    print(name)
    print(name, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    assert all(stream.getvalue().decode(encoding) for stream in raw.values())


def test_a_stream_of_another_kind_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    carry_every_letter()
    assert isinstance(sys.stdout, io.StringIO)


def test_ctrl_c_has_the_status_of_the_shells(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert run(click.Command("slow", callback=interrupted), []) == 130
    assert capsys.readouterr() == ("", "\n")


def test_an_error_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    report("a\x1b[2J\nb", "name:")
    assert capsys.readouterr() == ("", "name: a [2J b\n")


@pytest.mark.parametrize(
    "typed",
    [
        *("", "--help", "songs --help", "song", "import", "songs more words", "songs --json=x"),
        *("songs --count", "songs --count x", "songs --count 99", "songs --emotion glad"),
        *("songs --coun 3", "import --map x=y a.csv"),
    ],
)
def test_click_speaks_the_language_of_the_terminal(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", f"{PSEUDO.replace('-', '_')}.UTF-8")
    run(COMMANDS, typed.split())
    said = "".join(capsys.readouterr())
    assert "⟦" in said
    assert set(re.findall("[A-Za-z]{2,}", FOR_PROGRAMS.sub("", outside(said)))) <= {
        *("python", "recommender", "live", "check", "mood", "tags", *COMMANDS.commands),
        *({"integer", "range"} if typed == "songs --count x" else ()),
    }
    assert click.core._("Options") == "Options"


def outside(said: str) -> str:
    """Return what stands outside of the pseudo-language's marks, one of which may be cut off."""
    depth, left = 0, ""
    for letter in re.sub(r"\.\.\.$", "⟧", said, flags=re.MULTILINE):
        depth = max(0, depth + (letter == "⟦") - (letter == "⟧"))
        left += " " if depth else letter
    return left
