"""Lists of songs in JSON: JSPF, ListenBrainz, Spotify's own download, YouTube Music's history."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import unquote_plus

from recommender.errors import UnreadableTable
from recommender.ingest.entries import Entry, Problem, entry_of, one_line

# Limit for the values of a file, or of one line where each is a value of its own.
MAX_VALUES = 1_000_000
# Objects around a list.
MAX_DEPTH = 6
# Unchecked values from JSON.
_Loose: TypeAlias = Any
# Names of what holds a list of songs, or lists of them.
_LISTS = (
    *("playlist", "playlists", "track", "tracks", "items", "payload", "listens", "data"),
    *("recenttracks", "lovedtracks", "toptracks"),
)
# Names of what holds the fields of one song.
_SONGS = ("track", "track_metadata")
_TITLE = ("title", "trackName", "track_name", "master_metadata_track_name", "track", "name")
_ARTIST = ("creator", "artistName", "artist_name", "master_metadata_album_artist_name", "artist")
_ALBUM = ("album", "albumName", "release_name", "master_metadata_album_album_name")
_LINK = ("uri", "trackUri", "spotify_track_uri", "location", "identifier")
# Podcasts and books for the ear, of Spotify.
_NO_MUSIC = ("episode", "episode_name", "episodeName", "audiobook", "audiobook_title", "show")
_LOCAL = "localTrack"
_YOUTUBE = "YouTube Music"
_WATCHED = re.compile(r"Watched (?!https?:)")
_LINE = re.compile(rb"[^\r\n]+")
# Characters of a value that is no song, for a report.
_SHOWN = 1000


def json_entries(name: str, content: bytes) -> Iterator[Entry]:
    """Yield the entries of a file: one JSON value, or one in each line.

    Raises
    ------
    UnreadableTable
        When it is no JSON, holds no list of songs that is known, or over `MAX_VALUES`.
    """
    lines = _LINE.finditer(content)
    first, second = next(lines, None), next(lines, None)
    if first and second and _is_object(name, first[0]):
        yield from _entries_of_lines(name, content)
        return
    try:
        found = _lists(_value(name, content))
    except (ValueError, RecursionError) as error:
        raise UnreadableTable("playlist-no-json", file=name) from error
    if found is None:
        raise UnreadableTable("playlist-unknown-json", file=name)
    number = 0
    for songs in found:
        for number, song in enumerate(songs, number + 1):  # noqa: B020 - it goes on counting
            yield _entry(number, song)


def _entries_of_lines(name: str, content: bytes) -> Iterator[Entry]:
    for number, line in enumerate(_LINE.finditer(content), 1):
        try:
            yield _entry(number, _value(name, line[0]))
        except (ValueError, RecursionError):
            shown = one_line(line[0][:_SHOWN].decode(errors="replace"))
            yield Entry(number, None, shown, Problem.NAMELESS)


def _value(name: str, content: bytes) -> _Loose:
    # Each value takes up to 100 bytes of memory, however short it is.
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise UnreadableTable("playlist-values", file=name, most=MAX_VALUES)
    return json.loads(content)


def _is_object(name: str, line: bytes) -> bool:
    try:
        return isinstance(_value(name, line), dict)
    except (ValueError, RecursionError):
        return False


def _lists(value: _Loose, depth: int = MAX_DEPTH) -> list[list[_Loose]] | None:
    """Return the lists of songs in a value; None when it holds none."""
    if isinstance(value, list):
        objects = [one for one in value if isinstance(one, dict)]
        if any(map(_is_song, objects)):
            return [value]
        inner = [_lists(one, depth - 1) or () for one in objects]
        return [songs for found in inner for songs in found] or [value]
    if not isinstance(value, dict) or not depth:
        return None
    for key in _LISTS:
        within = value.get(key)
        if key == "track" and isinstance(within, dict):
            # Converters from XML write a list of one without the list.
            return [[within]]
        if isinstance(within, dict | list):
            return _lists(within, depth - 1)
    return [[value]] if _is_song(value) else None


def _is_song(value: dict[str, _Loose]) -> bool:
    return any(isinstance(value.get(key), str) for key in _TITLE if key != "name") or any(
        key in value for key in (*_SONGS, *_NO_MUSIC, "header")
    )


def _entry(number: int, value: _Loose) -> Entry:
    if not isinstance(value, dict):
        return Entry(number, None, one_line(json.dumps(value)[:_SHOWN]), Problem.NAMELESS)
    within = next((value[key] for key in _SONGS if isinstance(value.get(key), dict)), value)
    local = value.get(_LOCAL)
    if isinstance(local, dict):
        return _local(number, _text(local, "uri"))
    if value.get("header") == _YOUTUBE:
        return _of_youtube(number, value)
    title, artist = _text(within, *_TITLE), _text(within, *_ARTIST)
    named = within.get("artists")
    artists = tuple(_name(one) for one in named) if isinstance(named, list) else ()
    entry = entry_of(
        number,
        title,
        artist or ", ".join(filter(None, artists)),
        artists=() if artist else artists,
        album=_text(within, *_ALBUM),
        link=_text(within, *_LINK),
    )
    spoken = next((value[key] for key in _NO_MUSIC if value.get(key)), None)
    if entry.song is None and spoken is not None:
        shown = one_line(_name(spoken)) or entry.shown
        return replace(entry, problem=Problem.NO_MUSIC, shown=shown)
    return entry


def _local(number: int, uri: str) -> Entry:
    """Return the entry of a file of one's own in Spotify: spotify:local:ARTIST:ALBUM:TITLE:S."""
    _, _, artist, album, title, *_ = (*map(unquote_plus, uri.split(":", 5)), *[""] * 5)
    return entry_of(number, title, artist, album=album, shown=uri)


def _of_youtube(number: int, value: dict[str, _Loose]) -> Entry:
    """Return the entry of a song heard at YouTube Music."""
    title, channels = _text(value, "title"), value.get("subtitles")
    watched = _WATCHED.match(title)
    channel = _name(channels[0]) if isinstance(channels, list) and channels else ""
    # In other languages, the word stands elsewhere.
    plain = title[watched.end() :] if watched else ""
    return entry_of(number, plain, channel.removesuffix(" - Topic"), shown=title)


def _text(value: dict[str, _Loose], *keys: str) -> str:
    """Return the first text or name under some keys; of a list of texts, all of them in one."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, list):
            found = " ".join(one for one in found if isinstance(one, str))
        name = _name(found)
        if name:
            return name
    return ""


def _name(value: _Loose) -> str:
    if isinstance(value, dict):
        texts = map(value.get, ("name", "title", "episodeName", "#text"))
        return next((text for text in texts if isinstance(text, str) and text), "")
    return value if isinstance(value, str) else ""
