"""Protocol between the app and its worker: lines of JSON, and bytes after a cover's line.

The worker parses untrusted files and may be taken over by such a file. Its messages therefore hold
only text and numbers, and each value is checked.
"""

import json
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeAlias

from detectors.types import AudioTagger, Message, MusicScores
from recommender.library.file_tagging import Fingerprint, TagResult
from recommender.library.mood_tag_files import FIELDS, Fields
from recommender.library.tags import GENRE_LENGTH, MAX_COVER_BYTES, MEDIA_TYPES, Cover, Tags
from recommender.library.untouched import NotWritable
from recommender.text import visible
from recommender.types import MAX_TEXT_LENGTH

# Bytes of a line: a file's texts and path, with every character escaped.
MAX_LINE = 200_000
# Unchecked values from JSON.
_Loose: TypeAlias = Any


class BadMessage(ValueError):
    """A message that violates the protocol."""


def write_line(stream: IO[bytes], said: Mapping[str, object], more: bytes = b"") -> None:
    """Write a message, and bytes after it."""
    stream.write(json.dumps(said).encode("ascii") + b"\n" + more)
    stream.flush()


def read_line(stream: IO[bytes]) -> dict[str, _Loose]:
    """Read a message.

    Raises
    ------
    EOFError
        When the stream has ended.
    BadMessage
        When the line is not a message.
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
    """Return the importable name of a module-level class or function."""
    return None if factory is None else f"{factory.__module__}:{factory.__qualname__}"


def factory_of(name: str) -> Callable[[], AudioTagger]:
    """Import a class or function by its `name_of`. Raises ImportError and AttributeError."""
    module, _, qualified = name.partition(":")
    found: _Loose = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    factory: Callable[[], AudioTagger] = found
    return factory


def from_fingerprint(file: Fingerprint) -> dict[str, object]:
    """Return a fingerprint as a JSON object."""
    return {
        "path": str(file.path),
        "sha256": file.sha256,
        "stamp": file.stamp,
        "size": file.size,
        "name": file.name,
        "tags_only": file.tags_only,
    }


def to_fingerprint(said: Mapping[str, _Loose]) -> Fingerprint:
    """Return the fingerprint in a JSON object; the sender is our own parent."""
    return Fingerprint(**{**said, "path": Path(said["path"])})


def from_result(said: TagResult) -> dict[str, object]:
    """Return a result as a JSON object."""
    scores, tags = said.scores, said.tags
    return {
        "scores": scores
        and [
            [float(share) for share in scores.quadrants],
            float(scores.valence),
            float(scores.energy),
            [float(share) for share in scores.feelings],
            scores.tempo,
        ],
        "problem": said.problem and said.problem.packed(),
        "lasting": said.permanent,
        "tags": tags and [tags.title, tags.artist, tags.album, tags.year, tags.genre, tags.seconds],
    }


def to_result(said: Mapping[str, _Loose]) -> TagResult:
    """Validate a result and return it. Raises BadMessage."""
    try:
        scores, problem, tags = said["scores"], said["problem"], said["tags"]
        if scores is None and problem is None and tags is None:
            raise BadMessage
        return TagResult(
            None if scores is None else _scores(*scores),
            None if problem is None else Message.unpacked(_text(problem)),
            said["lasting"] is True,
            None if tags is None else _tags(*tags),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadMessage from error


def from_fields(fields: Fields, problem: Message | None) -> dict[str, object]:
    """Return the fields of a file, or why they cannot be written, as a JSON object."""
    return {
        "fields": {name: list(texts) for name, texts in fields.items()},
        "problem": problem and problem.packed(),
    }


def to_fields(said: Mapping[str, _Loose]) -> dict[str, list[str]]:
    """Validate fields and return them, as they stand in the file.

    Raises
    ------
    NotWritable
        When they cannot be written without loss.
    BadMessage
    """
    fields, problem = said.get("fields"), said.get("problem")
    if isinstance(problem, str):
        found = Message.unpacked(_text(problem))
        raise NotWritable(found.id, **found.values)
    if not isinstance(fields, dict) or not fields.keys() <= {*FIELDS}:
        raise BadMessage
    for texts in fields.values():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise BadMessage
    return fields


def write_cover(stream: IO[bytes], cover: Cover | None) -> None:
    """Write a cover, or that there is none."""
    if cover is None:
        write_line(stream, {"size": None})
    else:
        said = {"size": len(cover.content), "media_type": cover.media_type}
        write_line(stream, said, cover.content)


def read_cover(stream: IO[bytes]) -> Cover | None:
    """Read a cover. Raises as `read_line`."""
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
    quadrants: list[_Loose],
    valence: _Loose,
    energy: _Loose,
    feelings: list[_Loose],
    tempo: _Loose,
) -> MusicScores:
    first, second, third, fourth = map(_number, quadrants)
    return MusicScores(
        (first, second, third, fourth),
        _number(valence),
        _number(energy),
        tuple(map(_number, feelings)),
        tempo=None if tempo is None else _number(tempo),
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
    return visible(said, MAX_TEXT_LENGTH, nothing="?")


def _number(said: _Loose) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise BadMessage
    return float(said)
