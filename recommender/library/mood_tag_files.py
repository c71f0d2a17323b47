# ruff: noqa: PLR2004 - numbers defined by the formats
"""The mood in an audio file's own tags: read and written, with nothing else in the file changed.

Files are untrusted, so only a disposable process calls this module (`recommender.library.worker`),
and writes only to a copy.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from recommender.library import untouched
from recommender.library.tag_limits import TooManyTags, tags_fit
from recommender.library.untouched import NotWritable

FIELDS = ("mood", "bpm", "valence", "energy")
# Texts by field; a field that is missing or has no texts is not in the file.
Fields: TypeAlias = Mapping[str, Sequence[str]]
# mutagen publishes no types and has a class for each kind of file.
_Foreign: TypeAlias = Any
_FRAMES = {"mood": "TMOO", "bpm": "TBPM", "valence": "TXXX:VALENCE", "energy": "TXXX:ENERGY"}
_ATOMS = {
    "bpm": "tmpo",
    **{name: f"----:com.apple.iTunes:{name.upper()}" for name in ("mood", "valence", "energy")},
}
_OWN_ATOMS = frozenset(_ATOMS.values())


class _Kind(Protocol):
    def read(self, path: Path) -> dict[str, list[str]]: ...
    def write(self, path: Path, fields: Fields) -> None: ...
    def rest(self, path: Path) -> object:
        """Return all that a write must not change, to be compared."""


def read_mood_fields(path: Path) -> dict[str, list[str]]:
    """Return the fields that are in a file, in the order of `FIELDS`.

    =========  ==========  ==============  ===================================
    field      ID3         Vorbis comment  MP4
    =========  ==========  ==============  ===================================
    mood       TMOO        MOOD            ``----:com.apple.iTunes:MOOD``
    bpm        TBPM        BPM             ``tmpo``
    valence    TXXX        VALENCE         ``----:com.apple.iTunes:VALENCE``
    energy     TXXX        ENERGY          ``----:com.apple.iTunes:ENERGY``
    =========  ==========  ==============  ===================================

    Navidrome and Picard read these names. Valence is −1..1 and energy 0..1, in decimals.

    Raises
    ------
    NotWritable
        When they could not be written without loss.
    """
    kind = _kind_of(path)
    with _damage():
        kind.rest(path)
        found = kind.read(path)
    return {name: found[name] for name in FIELDS if found.get(name)}


def write_mood_fields(path: Path, fields: Fields) -> None:
    """Write the fields into a file, and check that nothing else has changed.

    The file is read again: its sound and all other tags must be what they were, byte for byte where
    the format allows the comparison.

    Parameters
    ----------
    fields : mapping of field to texts; those that are missing or empty are removed

    Raises
    ------
    NotWritable
        When something else changed, or could change; the file is then of no use.
    """
    kind = _kind_of(path)
    with _damage():
        before = kind.rest(path)
        kind.write(path, fields)
        written = {name: list(texts) for name, texts in fields.items() if texts}
        if kind.rest(path) != before or kind.read(path) != written:
            raise NotWritable("mood-tags-broken")


def _kind_of(path: Path) -> _Kind:
    ending = path.suffix.casefold()
    if ending in {".mp3", ".mp2"}:
        return _Id3()
    if ending in {".flac", ".ogg", ".oga", ".opus"}:
        return _Vorbis()
    if ending in {".m4a", ".m4b", ".mp4"}:
        return _Mp4()
    raise NotWritable("mood-tags-kind", ending=ending)


@contextmanager
def _damage() -> Iterator[None]:
    """Convert any error of a damaged file to `NotWritable`."""
    try:
        yield
    except NotWritable:
        raise
    except Exception as error:  # mutagen raises anything for damaged files
        raise NotWritable("mood-tags-broken") from error


def _fits(path: Path) -> None:
    try:
        fits = tags_fit(path)
    except TooManyTags:
        fits = False
    if not fits:
        raise NotWritable("mood-tags-broken")


class _Id3:
    """MP3 with tags of ID3 2.3 or 2.4, or with none; frames of others are copied as bytes."""

    def read(self, path: Path) -> dict[str, list[str]]:
        tags = self._tags(path)
        return {name: [*tags[key].text] for name, key in _FRAMES.items() if key in tags}

    def write(self, path: Path, fields: Fields) -> None:
        from mutagen.id3 import TBPM, TMOO, TXXX

        tags, version = self._tags(path), _version(path)
        for name, key in _FRAMES.items():
            tags.pop(key, None)
            texts = list(fields.get(name, ()))
            if not texts:
                continue
            # Latin-1 is what every player reads; UTF-8 is not in 2.3.
            plain = all(text.isascii() for text in texts)
            form: dict[str, Any] = {"encoding": 0 if plain else 1, "text": texts}
            frame: _Foreign = {"mood": TMOO, "bpm": TBPM}.get(name, TXXX)
            form |= {"desc": name.upper()} if frame is TXXX else {}
            tags.add(frame(**form))
        old = _old_tag(path)
        tags.save(path, v2_version=version or 4, v23_sep=None)
        if old:
            # mutagen makes it anew from the frames, cut to 30 letters.
            with path.open("r+b") as file:
                file.seek(-len(old), io.SEEK_END)
                file.write(old)

    def rest(self, path: Path) -> object:
        version = _version(path)
        if version is not None and version not in {3, 4}:
            raise NotWritable("mood-tags-version")
        if version is None and _old_tag(path):
            # Beside new tags, players overlook the title in the old ones.
            raise NotWritable("mood-tags-version")
        _fits(path)
        with path.open("rb") as file:
            untouched.refuse_ape(file)
            head = file.read(10) if not file.seek(0) else b""
            if version is None:
                return [], untouched.digest(file, [(0, None)])
            if head[5]:
                raise NotWritable("mood-tags-version")
            end = 10 + untouched.synchsafe(head[6:10])
            body = file.read(end - 10)
            return sorted(untouched.other_frames(body, version)), untouched.digest(
                file, [(end, None)]
            )

    def _tags(self, path: Path) -> _Foreign:
        from mutagen.id3 import ID3, TBPM, TMOO, TXXX

        tags: _Foreign = ID3()  # type: ignore[no-untyped-call]
        if _version(path) is not None:
            known = {frame.__name__: frame for frame in (TMOO, TBPM, TXXX)}
            tags.load(path, known_frames=known, translate=False)
        return tags


def _version(path: Path) -> int | None:
    """Return the version of ID3 at the beginning of a file; None without."""
    with path.open("rb") as file:
        head = file.read(10)
    return head[3] if len(head) == 10 and head.startswith(b"ID3") else None


def _old_tag(path: Path) -> bytes:
    """Return the tag of ID3 version 1 at the end of a file; b"" without."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - 128))
        tail = file.read()
    return tail if len(tail) == 128 and tail.startswith(b"TAG") else b""


class _Vorbis:
    """FLAC and Ogg (Vorbis, Opus, FLAC) with Vorbis comments."""

    def read(self, path: Path) -> dict[str, list[str]]:
        tags = self._opened(path).tags or {}
        return {name: list(tags[name]) for name in FIELDS if name in tags}

    def write(self, path: Path, fields: Fields) -> None:
        file = self._opened(path)
        if file.tags is None:
            file.add_tags()
        for name in FIELDS:
            if name in file.tags:
                del file.tags[name]
            texts = list(fields.get(name, ()))
            if texts:
                file.tags[name.upper()] = texts
        file.save()

    def rest(self, path: Path) -> object:
        _fits(path)
        with path.open("rb") as file:
            magic = file.read(4)
            if magic == b"OggS":
                comments, sound = untouched.ogg_parts(file)
            elif magic == b"fLaC":
                comments, sound = untouched.flac_parts(file)
            else:
                raise NotWritable("mood-tags-broken")
        return sorted(untouched.other_comments(comments)), sound

    def _opened(self, path: Path) -> _Foreign:
        from mutagen import File
        from mutagen.flac import FLAC
        from mutagen.oggflac import OggFLAC
        from mutagen.oggopus import OggOpus
        from mutagen.oggvorbis import OggVorbis

        found: _Foreign = File(path, options=[FLAC, OggFLAC, OggOpus, OggVorbis])
        if found is None:
            raise NotWritable("mood-tags-broken")
        return found


class _Mp4:
    """MP4 with tags as iTunes has them."""

    def read(self, path: Path) -> dict[str, list[str]]:
        tags = self._opened(path).tags or {}
        return {
            name: [_text_of(value) for value in tags[key]]
            for name, key in _ATOMS.items()
            if key in tags
        }

    def write(self, path: Path, fields: Fields) -> None:
        from mutagen import mp4

        file, form = self._opened(path), mp4.AtomDataType.UTF8
        free: _Foreign = mp4.MP4FreeForm
        if file.tags is None:
            file.add_tags()
        for name, key in _ATOMS.items():
            file.tags.pop(key, None)
            texts = fields.get(name, ())
            if not texts:
                continue
            file.tags[key] = (
                [int(text) for text in texts]
                if key == "tmpo"
                else [free(text.encode(), form) for text in texts]
            )
        file.save()

    def rest(self, path: Path) -> object:
        _fits(path)
        file = self._opened(path)
        others = sorted(
            (key, repr(value)) for key, value in (file.tags or {}).items() if key not in _OWN_ATOMS
        )
        failed = getattr(file.tags, "_failed_atoms", None)
        with path.open("rb") as stream:
            return (
                others,
                failed,
                file.info.length,
                untouched.digest(stream, [*untouched.sound_atoms(stream)]),
            )

    def _opened(self, path: Path) -> _Foreign:
        from mutagen.mp4 import MP4

        found: _Foreign = MP4(path)  # type: ignore[no-untyped-call]
        return found


def _text_of(value: object) -> str:
    return bytes(value).decode("utf-8") if isinstance(value, bytes) else f"{value}"
