"""What a worker may say to the app and what it knows of it: text and numbers, and no secret."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.hearing.music import MusicTagger, own_tagger
from detectors.types import Message
from recommender.library import messages
from recommender.library.file_tagging import Fingerprint, TagResult, fingerprint
from recommender.library.messages import (
    MAX_LINE,
    BadMessage,
    factory_of,
    from_fingerprint,
    from_result,
    name_of,
    read_cover,
    read_line,
    to_fingerprint,
    to_result,
    write_cover,
)
from recommender.library.pool import IdleWorker
from recommender.library.tags import MAX_COVER_BYTES, Cover, Tags
from recommender.types import MAX_TEXT_LENGTH
from tests.fakes.library import scores_at
from tests.fakes.taggers import LoudnessTagger, write_wav

TAGS = Tags("Título 恋", "A, B", "Album", 1974, "Bossa nova", 61.5)
SAID = [
    TagResult(scores_at(0.4, 0.6), tags=TAGS),
    TagResult(problem=Message("hearing-failed", {"kind": "ValueError"}), tags=Tags("x")),
    TagResult(problem=Message("unreadable"), permanent=False),
    TagResult(tags=TAGS),
    TagResult(replace(scores_at(0.4, 0.6), tempo=117.5)),
]


NEEDED = {"PATH", "PYTHONPATH", "OMP_NUM_THREADS", "LC_ALL", "PYTHONHASHSEED", "COVERAGE_CORE"}


class NosyTagger(LoudnessTagger):
    """Says which of some names stand in its environment, and what has the value of a secret."""

    def tag(self, path: Path) -> Message:
        assert path
        found = (n for n, value in os.environ.items() if n in NEEDED or value == "canary")
        return Message(" ".join(found))


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_arrives(said: TagResult) -> None:
    assert to_result(json.loads(json.dumps(from_result(said)))) == said


def test_looks_factories_and_covers_arrive() -> None:
    odd = Path(os.fsdecode(b"/m/\xff\xe6\x81\x8b \n.mp3"))
    for look in (
        Fingerprint(odd, "0" * 64, "1-2-3", 4),
        Fingerprint(odd, "1", "", 0, "n", tags_only=True),
    ):
        assert to_fingerprint(json.loads(json.dumps(from_fingerprint(look)))) == look
    for factory in (MusicTagger, own_tagger, LoudnessTagger):
        assert factory_of(str(name_of(factory))) is factory
    for cover in (None, Cover(b"\n\0{}", "image/png")):
        stream = io.BytesIO()
        write_cover(stream, cover)
        stream.seek(0)
        assert read_cover(stream) == cover


@pytest.mark.parametrize(
    "line",
    [
        b"\x80\x04\x95pickle.\n",
        b"[1]\n",
        b"{}",
        b"[" * 100_000 + b"\n",
        b'{"a": "' + bytes(MAX_LINE) + b'"}\n',
        b'{"a": ' + b"9" * 10_000 + b"}\n",
    ],
)
def test_what_is_no_line_of_json_is_not_taken(line: bytes) -> None:
    with pytest.raises(BadMessage):
        read_line(io.BytesIO(line))


GOOD = from_result(SAID[0])


@pytest.mark.parametrize(
    "change",
    [
        {"scores": [[1, 0, 0], 0.0, 0.0, [], None]},
        {"scores": [[0.7, 0.1, 0.1, 0.1], float("nan"), 0.5, [0.5] * 9, None]},
        {"scores": [[0.7, 0.1, 0.1, 0.1], 7, 0.5, [0.5] * 9, None]},
        {"scores": [[0.7, 0.1, 0.1, 0.1], 0.0, 0.5, [0.5] * 9, "fast"]},
        {"scores": {"__reduce__": "os.system"}},
        {"problem": ["x"]},
        {"tags": ["a", "b"]},
        {"tags": [1, "b", None, None, None, None]},
        {"tags": ["a", "b", None, "1974", None, None]},
        {"tags": ["a", "b", None, True, None, None]},
        {"tags": ["a", "b", None, None, None, float("inf")]},
        {"scores": None, "problem": None, "tags": None},
    ],
)
def test_what_cannot_have_been_heard_is_not_taken(change: dict[str, object]) -> None:
    assert to_result(GOOD) == SAID[0]
    with pytest.raises(BadMessage):
        to_result(GOOD | change)
    with pytest.raises(BadMessage):
        to_result({})


def test_text_of_a_worker_is_short_and_in_one_line() -> None:
    said = to_result(GOOD | {"tags": ["x\n\u202ey" * 900, "", None, None, None, None]})
    assert said.tags is not None
    assert len(said.tags.title) <= MAX_TEXT_LENGTH
    assert said.tags.title.isprintable()
    assert said.tags.artist == "?"


@pytest.mark.parametrize(
    "said",
    [
        {"size": MAX_COVER_BYTES + 1, "media_type": "image/png"},
        {"size": -1, "media_type": "image/png"},
        {"size": "3", "media_type": "image/png"},
        {"size": 3, "media_type": "text/html"},
        {"size": 3, "media_type": ["image/png"]},
    ],
)
def test_a_cover_that_is_none_is_not_taken(said: dict[str, object]) -> None:
    with pytest.raises(BadMessage):
        read_cover(io.BytesIO(json.dumps(said).encode() + b"\nabc"))


def test_a_worker_that_talks_nonsense_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = IdleWorker(LoudnessTagger)
    worker.start()
    look = fingerprint(write_wav(tmp_path / "x.wav"))
    to_result = messages.to_result
    monkeypatch.setattr(messages, "to_result", lambda _: to_result({}))
    assert worker.tag_file(look)[1].problem == Message("hearing-nonsense")
    assert not worker.is_ready
    monkeypatch.undo()
    assert worker.tag_file(look)[1].problem is None
    worker.rest()


def test_a_worker_knows_no_secret_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = (
        *("SPOTIFY_CLIENT_SECRET", "MOODRING_DATABASE_URL", "YOUTUBE_API_KEY"),
        *("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HEARD_LOG"),
    )
    for name in secrets:
        monkeypatch.setenv(name, "canary")
    for name in ("LC_ALL", "PYTHONHASHSEED", "COVERAGE_CORE", "MOODRING_DATA_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, "0" if name[0] == "P" else ""))
    worker = IdleWorker(NosyTagger)
    _, said = worker.tag_file(fingerprint(write_wav(tmp_path / "x.wav")))
    worker.rest()
    assert said.problem is not None
    assert set(said.problem.id.split()) == NEEDED
