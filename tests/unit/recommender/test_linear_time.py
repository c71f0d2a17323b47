"""What reads texts from outside takes twice the time for twice the text, whatever is in it."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

from recommender import exports
from recommender import text as recommender_text
from recommender.errors import SourceError
from recommender.ingest import (
    cells,
    encodings,
    file_names,
    json_lists,
    known_songs,
    text_lists,
    xml_lists,
)
from recommender.ingest.cells import BadRow
from recommender.spotify import queries
from recommender.types import MAX_TEXT_LENGTH, SourceName, Track, spotify_id
from recommender.youtube import client

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT, LONG = 5000, 20_000
# Four times the text takes four times as long; what is quadratic takes sixteen times.
MAX_GROWTH = 10
# Below, the clock and the cache say more than the function.
TOO_QUICK_S = 0.05
PIECES = (
    " ", "\t", "\u3000", "\u2028", " -", " - ", "- ", "(", ")", "[", "]", "[(", " (", ",", ", ",
    ";", "|", '"', "'", "&#", "9", "1 ", "1234 ", "1234\n", "a ", "=", "\0", "mono ", "(mono)",
    " - remaster", "single ", "feat ", "e\u0301\u0327", "\u0327\u0301", "#EXTINF:", "tyler, ",
    "crosby, stills ", "ﷺ",
)  # fmt: skip
SURROUNDINGS = (("", ""), ("x", "x"), ("(", ")"), ("#EXTINF:0,", "-x"))


def with_row(read: Callable[[str], object]) -> Callable[[str], object]:
    def act(text: str) -> None:
        with suppress(BadRow):
            read(text)

    return act


def m3u(text: str) -> None:
    for line in (f"#EXTINF:{text}", f"#EXTART:a\n#EXTINF:1,{text}", f'#EXTINF:1 a="{text},b - c'):
        content = f"{line}\n{text}.mp3".replace("\0", " ").encode()
        read = encodings.text_of(content)
        assert read is not None
        list(text_lists.m3u_entries("x.m3u", read))


def other_lines(text: str) -> None:
    for line in (f"File1={text}\nTitle1={text}", f"Name\tArtist\n{text}\t{text}"):
        read = encodings.Text(line.encode(), "utf-8")
        list(text_lists.pls_entries(read))
        if text_lists.is_itunes_text(read):
            list(text_lists.itunes_entries(read))


def code_page(text: str) -> None:
    # A byte beyond ASCII makes it uncertain.
    for line in (text.encode() + b"\xe4", f"#EXTENC:{text}".encode()):
        encodings.text_of(line.replace(b"\0", b" "))


def json_of_text(text: str) -> None:
    track = dict.fromkeys(("title", "creator", "album", "identifier"), text)
    content = json.dumps({"playlist": {"track": [track]}}).encode()
    # As it comes, it may be anything.
    for one in (content, text.encode(), b'{"playlist":' + text.encode()):
        with suppress(SourceError):
            list(json_lists.json_entries("x.jspf", one))


def xml_of_text(text: str) -> None:
    song = f"<track><title>{escape(text)}</title><creator>a</creator></track>"
    for content in (f"<playlist>{song}</playlist>", f"<playlist>{text}", f"<!DOCTYPE a {text}"):
        with suppress(SourceError):
            list(xml_lists.xml_entries("x.xspf", content.encode()))


def known(text: str) -> None:
    recommender_text.fold.cache_clear()
    known_songs._keys_of(text, text)


def video(text: str) -> None:
    track = Track(f"x{text}"[:MAX_TEXT_LENGTH], ("x",), SourceName.CATALOGUE, "1")
    recommender_text.fold.cache_clear()
    snippet = {"title": text, "channelTitle": text}
    item = {"id": {"videoId": "x" * 11}, "snippet": snippet}
    client.fitting_video({"items": [item]}, track)
    client.error_from_response(403, text.encode())


def fold(text: str) -> str:
    recommender_text.fold.cache_clear()
    return recommender_text.fold(text)


def holds(text: str) -> None:
    recommender_text._holds(text.split(), text[: len(text) // 2])


READERS: dict[str, Callable[[str], object]] = {
    "m3u": m3u,
    "other lines of a playlist": other_lines,
    "code page of a playlist": code_page,
    "JSON of a playlist": json_of_text,
    "XML of a playlist": xml_of_text,
    "names of a path": lambda text: file_names.names_of_path(f"/{text}/a - {text}.mp3"),
    "keys of a song": known,
    "cell": with_row(cells.clean_cell),
    "artists": cells.artists,
    "genres": cells.genres,
    "tags": with_row(lambda text: cells.tags(cells.words(text))),
    "number": with_row(lambda text: cells.number("energy", text)),
    "year": with_row(cells.year),
    "truth": with_row(cells.parse_bool),
    "spotify id": spotify_id,
    "fold": fold,
    "plain title": recommender_text.plain_title,
    "words of a name": holds,
    "visible": recommender_text.visible,
    "short": lambda text: recommender_text.visible(text, 100),
    "words of a search": lambda text: queries._plain(text, 100),
    "line of an export": exports._line,
    "cell of an export": exports._cell,
    "address of an export": exports._address,
    "name of an export": lambda text: exports.file_name(text, date(2026, 1, 1), "csv"),
    "guard": recommender_text.guarded,
    "no guard": recommender_text.unguarded,
    "video": video,
    "what is added to a title": client._bare,
}


def seconds(read: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    read(text)
    return time.process_time() - start


@pytest.mark.parametrize("name", READERS)
def test_time_grows_as_the_text_does(name: str) -> None:
    read = READERS[name]
    for piece in PIECES:
        for before, after in SURROUNDINGS:
            short, long = (
                f"{before}{piece * (size // len(piece))}{after}" for size in (SHORT, LONG)
            )
            took = seconds(read, long)
            if took > TOO_QUICK_S:
                first = min(seconds(read, short) for _ in range(2))
                took = min(took, seconds(read, long))
                assert took < MAX_GROWTH * max(first, TOO_QUICK_S / MAX_GROWTH), (name, piece)


def test_no_name_of_many_words_is_put_together_anew_for_each() -> None:
    assert recommender_text._holds(["a", "r", "rahman"], "rrahman")
    assert recommender_text._holds(["a", "r", "rahman"], "ar")
    assert not recommender_text._holds(["queen", "latifah"], "eenla")
    assert not recommender_text._holds(["a", "b"], "")
    assert not recommender_text._holds([], "a")


def test_endings_and_letters_beyond_the_limits_stay() -> None:
    most = recommender_text.MAX_ENDINGS
    assert recommender_text.plain_title(f"Hello{' (mono)' * most}") == "Hello"
    assert recommender_text.plain_title(f"Hello{' (mono)' * (most + 1)}") == "Hello (mono)"
    assert (
        len(recommender_text.fold("x" * recommender_text.MAX_COMPARED + "y"))
        == recommender_text.MAX_COMPARED
    )


def test_a_number_that_python_does_not_take_is_no_crash_in_a_videos_title() -> None:
    video("&#" + "9" * 5000 + ";")


def test_a_playlist_of_very_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lists, "MAX_VALUES", 8)
    track = {"title": "a", "creator": "b"}
    fits, too_many = (
        json.dumps({"playlist": {"track": [track] * count}}).encode() for count in (2, 3)
    )
    assert len(list(json_lists.json_entries("x.jspf", fits))) == 2
    with pytest.raises(SourceError, match="holds more than 8 values"):
        list(json_lists.json_entries("x.jspf", too_many))
