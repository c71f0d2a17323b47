"""Arguments that mean nothing, of every command: a status, a sentence, and never a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detectors.__main__
import models
import recommender.__main__
from detectors.loading import load_analyser
from models import card, evaluate, export, train_music
from recommender.commands import MAX_REFUSAL
from tests.fakes.commands import call
from tests.fakes.taggers import RoughTagger

if TYPE_CHECKING:
    from pathlib import Path

    from detectors.pipeline import Analyser

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes among files here")

PIPE, FOLDER, NOTHING, JUNK = "pipe.csv", "folder", "missing.csv", "junk.m3u"
WORDS = (
    *(PIPE, FOLDER, NOTHING, JUNK, f"{JUNK}/below", "x" * 5000),
    *("", "-", "--", "--=", "-\udcff", "--日=", "\udcff.csv", "日.jpg", "\x1b[2J", "\u202e"),
    *("nan", "1e999", "-1", "٣", "9" * 5000, "=", "title=", "mood=x", "0x10", "2,5"),
)
# Would go on until Ctrl-C, or wait for a scheduler.
ENDLESS = {"--watch", "--scheduler"}
# A run of `tag` starts processes.
EXAMPLES, FEW = 20, 5
Main = Callable[[list[str]], int]


def commands_of(
    command: click.Command, *before: str
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the words that call each command, and its options."""
    if isinstance(command, click.Group):
        return [
            found
            for name, inner in command.commands.items()
            for found in commands_of(inner, *before, name)
        ]
    options = {name for one in command.params for name in one.opts if name.startswith("-")}
    return [(before, tuple(sorted(options - ENDLESS)))]


PROGRAMS: dict[str, tuple[click.Command, Main]] = {
    "recommender": (
        recommender.__main__.COMMANDS,
        partial(recommender.__main__.main, tagger=lambda: RoughTagger),
    ),
    "detectors": (detectors.__main__.describe_all, detectors.__main__.main),
    **{
        command.name or "": (command, partial(models.run, command))
        for command in (card.command, evaluate.COMMANDS, train_music.command)
    },
}
CASES = [
    pytest.param(main, before, options, id=" ".join((name, *before)))
    for name, (command, main) in PROGRAMS.items()
    for before, options in commands_of(command)
]


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / FOLDER).mkdir()
    (folder / JUNK).write_bytes(b"\xff\x00junk")
    os.mkfifo(folder / PIPE)
    return folder


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return load_analyser()


@pytest.fixture(autouse=True)
def _here(where: Path, analyser: Analyser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(where)
    monkeypatch.setattr(detectors.__main__, "load_analyser", lambda: analyser)


def check(
    main: Main, where: Path, arguments: list[str], encoding: str, status: int | None = None
) -> None:
    done = call(main, where / "data", *arguments, encoding=encoding)
    assert done.returncode in ({0, 1, 2} if status is None else {status}), done
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or (done.stdout + done.stderr).strip()
    assert len(done.stderr) < 20_000


@pytest.mark.parametrize(("main", "before", "options"), CASES)
def test_whatever_is_typed_ends_in_a_status_and_a_sentence(
    main: Main,
    before: tuple[str, ...],
    options: tuple[str, ...],
    where: Path,
) -> None:
    # A file in this folder at worst.
    names = st.binary(max_size=6).map(lambda name: os.fsdecode(name.translate(None, b"/\0")))
    words = st.sampled_from((*WORDS, *options)) | names

    @settings(max_examples=FEW if "tag" in before else EXAMPLES, database=None)
    @given(st.lists(words, max_size=4), st.sampled_from(["ascii", "cp1252", "utf-8"]))
    def try_it(typed: list[str], encoding: str) -> None:
        check(main, where, [*before, *typed], encoding)

    try_it()
    check(main, where, [*before, PIPE], "ascii")


def test_a_usage_error_repeats_no_more_than_can_be_read(where: Path) -> None:
    done = call(recommender.__main__.main, where / "data", "songs", *["x" * 5000] * 4)
    assert (done.returncode, len(done.stderr)) == (2, MAX_REFUSAL + 1)
    assert "Error: Got unexpected extra arguments (xxx" in done.stderr


def test_a_pipe_is_refused_at_once(where: Path) -> None:
    done = call(recommender.__main__.main, where / "data", "playlist", PIPE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pipe.csv is refused: neither a file nor a folder" in done.stderr
    done = call(detectors.__main__.main, where / "data", PIPE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == '{"path": "pipe.csv", "error": "This is not a file."}\n'


@pytest.mark.slow
def test_the_commands_of_training_say_what_is_wrong_with_a_file(where: Path) -> None:
    from models import train_emotions

    for word in (PIPE, FOLDER, NOTHING, JUNK, "\udcff"):
        trained = partial(models.run, train_emotions.command)
        check(trained, where, ["--recipe", word], "ascii", status=2)
        exported = partial(models.run, export.COMMANDS)
        check(exported, where, ["emotions", "--weights", word, "--recipe", word], "ascii", status=2)
