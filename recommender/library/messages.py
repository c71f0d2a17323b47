"""What the app and its worker say to each other: a line of JSON each, and a cover's bytes after it.

The worker parses what comes from anywhere, and may say anything once a file has got the better of
it. Nothing that it says is more than text and numbers, and each is looked at.
"""

from __future__ import annotations

import json
import math
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from detectors.types import MusicScores
from recommender.library.hearing import Look, Said
from recommender.library.tags import GENRE_LENGTH, MAX_COVER_BYTES, MEDIA_TYPES, Cover, Tags
from recommender.names import printable
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from detectors.types import AudioTagger

# The texts of a file and a path, each letter of which may be escaped.
MAX_LINE = 200_000
# As they come out of JSON.
_Loose: TypeAlias = Any


class BadMessage(ValueError):
    """What was said makes no sense."""


def write_line(stream: IO[bytes], said: Mapping[str, object], more: bytes = b"") -> None:
    """Say something, with bytes after it."""
    stream.write(json.dumps(said).encode("ascii") + b"\n" + more)
    stream.flush()


def read_line(stream: IO[bytes]) -> dict[str, _Loose]:
    """Return what was said.

    Raises
    ------
    EOFError
        When nothing more is said.
    BadMessage
        When it is no line of ours.
    """
    line = stream.readline(MAX_LINE)
    if not line:
        raise EOFError
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage from error
    if not line.endswith(b"\n") or not isinstance(said, dict):
        raise BadMessage
    return said


def name_of(factory: Callable[[], AudioTagger] | None) -> str | None:
    """Return what a class or function of a module is called in another process."""
    return None if factory is None else f"{factory.__module__}:{factory.__qualname__}"


def factory_of(name: str) -> Callable[[], AudioTagger]:
    """Return what `name_of` has named. Raises ImportError and AttributeError."""
    module, _, qualified = name.partition(":")
    found: _Loose = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    factory: Callable[[], AudioTagger] = found
    return factory


def from_look(look: Look) -> dict[str, object]:
    """Return a look as JSON has it."""
    return {
        "path": str(look.path),
        "sha256": look.sha256,
        "stamp": look.stamp,
        "size": look.size,
        "name": look.name,
        "tags_only": look.tags_only,
    }


def to_look(said: Mapping[str, _Loose]) -> Look:
    """Return the look that `from_look` was given; it comes from our own parent."""
    return Look(**{**said, "path": Path(said["path"])})


def from_said(said: Said) -> dict[str, object]:
    """Return what came of a hearing as JSON has it."""
    scores, tags = said.scores, said.tags
    return {
        "scores": scores
        and [
            [float(share) for share in scores.quadrants],
            float(scores.valence),
            float(scores.energy),
            [float(share) for share in scores.feelings],
        ],
        "problem": said.problem,
        "lasting": said.lasting,
        "tags": tags and [tags.title, tags.artist, tags.album, tags.year, tags.genre, tags.seconds],
    }


def to_said(said: Mapping[str, _Loose]) -> Said:
    """Return what came of a hearing, if it can have. Raises BadMessage."""
    try:
        scores, problem, tags = said["scores"], said["problem"], said["tags"]
        if scores is None and problem is None and tags is None:
            raise BadMessage
        return Said(
            None if scores is None else _scores(*scores),
            None if problem is None else _text(problem),
            said["lasting"] is True,
            None if tags is None else _tags(*tags),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadMessage from error


def write_cover(stream: IO[bytes], cover: Cover | None) -> None:
    """Say what picture there is."""
    if cover is None:
        write_line(stream, {"size": None})
    else:
        said = {"size": len(cover.content), "media_type": cover.media_type}
        write_line(stream, said, cover.content)


def read_cover(stream: IO[bytes]) -> Cover | None:
    """Return the picture that there is. Raises as `read_line`."""
    said = read_line(stream)
    size, media_type = said.get("size"), said.get("media_type")
    if size is None:
        return None
    if not isinstance(size, int) or not 0 < size <= MAX_COVER_BYTES:
        raise BadMessage
    if media_type not in MEDIA_TYPES:
        raise BadMessage
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return Cover(content, media_type)


def _scores(
    quadrants: list[_Loose], valence: _Loose, energy: _Loose, feelings: list[_Loose]
) -> MusicScores:
    first, second, third, fourth = map(_number, quadrants)
    return MusicScores(
        (first, second, third, fourth),
        _number(valence),
        _number(energy),
        tuple(map(_number, feelings)),
    )


def _tags(
    title: _Loose, artist: _Loose, album: _Loose, year: _Loose, genre: _Loose, seconds: _Loose
) -> Tags:
    return Tags(
        _text(title),
        _text(artist),
        None if album is None else _text(album),
        None if year is None else int(_number(year)),
        None if genre is None else _text(genre)[:GENRE_LENGTH],
        None if seconds is None else _number(seconds),
    )


def _text(said: _Loose) -> str:
    if not isinstance(said, str):
        raise BadMessage
    return " ".join(printable(said[:MAX_TEXT_LENGTH]).split()) or "?"


def _number(said: _Loose) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise BadMessage
    return float(said)
