"""The Library page's pieces that need no page: words, plane, list, names of files, covers."""

from __future__ import annotations

import base64
import io
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detectors.errors import BadImage, CannotDecode
from detectors.pictures.decoding import Picture
from detectors.types import GEMS_FEELINGS
from pages.ui.covers import recording
from pages.ui.library.access import MAX_NAME_LENGTH, name_of
from pages.ui.library.plane import (
    ENERGIES,
    HEIGHT_PX,
    MAX_COVERS,
    VALENCES,
    figure,
    keys_of,
    length,
    mood_word,
    quadrant_rows,
    side,
    strongest_feelings,
)
from pages.ui.library.song_list import playlist_of, search
from recommender.library.recordings import Recording
from tests.fakes.library import scores_at
from tests.fakes.sounds import pattern, write

SCORES = scores_at(0.9, 0.7)
SONG = Recording(
    key="k0",
    sha256="0" * 64,
    stamp="1",
    size=1,
    path=Path("/secret/folder/song.FLAC"),
    title="Halo",
    artist="Beyoncé",
    album="I Am",
    year=2008,
    genre="pop",
    seconds=200.4,
    valence=0.9,
    energy=0.7,
    tagged_valence=0.9,
    tagged_energy=0.7,
    quadrants=SCORES.quadrants,
    feelings=SCORES.feelings,
    corrected=False,
    dropped=False,
)


def songs(count: int) -> list[Recording]:
    return [replace(SONG, key=f"k{n}", title=f"Song {n}") for n in range(count)]


def test_the_quadrants_come_in_words_the_likeliest_first() -> None:
    rows = quadrant_rows(SONG)
    assert rows[0][0] == "joyful"
    assert [row[2] for row in rows] == [0.7, 0.1, 0.1, 0.1]
    calm = replace(SONG, quadrants=(0.1, 0.1, 0.2, 0.6))
    assert [row[0] for row in quadrant_rows(calm)][:2] == ["tender", "gloomy"]


def test_the_strongest_feelings_come_in_plain_words() -> None:
    shares = {"joyful_activation": 0.9, "tenderness": 0.5, "power": 0.4}
    feelings = tuple(shares.get(name, 0.1) for name in GEMS_FEELINGS)
    found = strongest_feelings(replace(SONG, feelings=feelings))
    assert found == ["joy", "tenderness", "power"]
    every = [strongest_feelings(replace(SONG, feelings=_only(name)))[0] for name in GEMS_FEELINGS]
    assert len(set(every)) == len(GEMS_FEELINGS)


def _only(feeling: str) -> tuple[float, ...]:
    return tuple(float(name == feeling) for name in GEMS_FEELINGS)


def test_the_mood_word_follows_a_correction() -> None:
    assert mood_word(SONG) == "bright"
    assert mood_word(replace(SONG, valence=-0.63, energy=0.365)) == "gloomy"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (7.4, "0:07"), (59.6, "1:00"), (187, "3:07"), (3600 + 62, "1:01:02")],
)
def test_a_length_is_written_as_players_do(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


def test_covers_lie_apart_and_what_would_lie_under_them_are_dots() -> None:
    places = np.random.default_rng(1).random((60, 2))
    crowd = [
        replace(one, valence=2 * float(x) - 1, energy=float(y))
        for one, (x, y) in zip(songs(60), places, strict=True)
    ]
    numbers = []
    for by_touch, aspect in ((False, 1.15), (True, 0.7)):
        chart = figure(crowd, by_touch=by_touch)
        frames, dots = chart["data"]
        # The first picture is the ground.
        covers = [(one["x"], one["y"]) for one in chart["layout"]["images"][1:]]
        assert covers == list(zip(frames["x"], frames["y"], strict=True))
        across, up = (end[1] - end[0] for end in (VALENCES, ENERGIES))
        for (x, y), (u, v) in combinations(covers, 2):
            away = max(abs(x - u) / across * aspect, abs(y - v) / up)
            assert away >= side(len(crowd))
        drawn = [one[0] for one in frames["customdata"] + dots["customdata"]]
        assert sorted(drawn) == sorted(one.key for one in crowd)
        assert len(set(dots["marker"]["color"])) > 1
        numbers.append(len(covers))
    # A phone's plane is narrower.
    assert len(crowd) > numbers[0] > numbers[1] > len(crowd) / 3


def test_beyond_a_limit_all_songs_are_dots() -> None:
    few, many = figure(songs(MAX_COVERS)), figure(songs(MAX_COVERS + 1))
    assert [len(one["x"]) for one in few["data"]] == [1, MAX_COVERS - 1]
    assert few["data"][0]["marker"]["opacity"] == 0
    assert len(many["layout"]["images"]) == 1
    assert [len(one["x"]) for one in many["data"]] == [0, MAX_COVERS + 1]
    assert many["data"][1]["marker"]["opacity"] > 0


def test_every_song_lies_at_its_place_and_says_what_it_is() -> None:
    other = replace(SONG, key="k1", title="<b>x</b>", valence=-1.0, energy=0.0, corrected=True)
    chart = figure([SONG, other])
    (dots, _), layout = chart["data"], chart["layout"]
    assert (dots["x"], dots["y"]) == ([0.9, -1.0], [0.7, 0.0])
    assert [(one["x"], one["y"]) for one in layout["images"][1:]] == [(0.9, 0.7), (-1.0, 0.0)]
    assert dots["text"][0] == "<b>Halo</b><br>Beyoncé<br><i>bright</i>"
    assert "&lt;b&gt;x" in dots["text"][1]
    assert dots["text"][1].endswith(" · corrected by hand</i>")
    assert "/secret" not in str(chart)


def test_covers_shrink_as_they_become_more() -> None:
    sides = [side(count) for count in (1, 12, 40, 100, MAX_COVERS, 10 * MAX_COVERS)]
    assert sides[0] == sides[1]
    assert sides[-2] == sides[-1]
    assert sides[1:-1] == sorted(sides[1:-1], reverse=True)
    assert 20 < sides[-1] * HEIGHT_PX < sides[0] * HEIGHT_PX < 70


def test_a_finger_scrolls_the_page_and_a_mouse_lassos() -> None:
    assert figure([SONG])["layout"]["dragmode"] == "lasso"
    assert figure([SONG], by_touch=True)["layout"]["dragmode"] is False


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        ({}, []),
        ({"selection": {"points": []}}, []),
        ({"selection": {"points": [{"customdata": ["a"]}, {"customdata": ["b"]}]}}, ["a", "b"]),
        ({"selection": {"points": [{"customdata": "a"}, {"customdata": ["a"]}, {}]}}, ["a"]),
    ],
)
def test_a_selection_gives_keys_once(state: dict[str, Any], keys: list[str]) -> None:
    assert keys_of(state) == keys


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Halo", "Other"]),
        ("  HALO ", ["Halo"]),
        ("beyonce halo", ["Halo"]),
        ("bright", ["Halo"]),
        ("pop", ["Halo"]),
        ("halo other", []),
        ("gloomy", ["Other"]),
    ],
)
def test_the_search_looks_everywhere_for_every_word(words: str, found: list[str]) -> None:
    other = replace(
        SONG, title="Other", artist="Me", album=None, genre=None, valence=-0.63, energy=0.36
    )
    assert [one.title for one in search([SONG, other], words)] == found


def test_a_playlist_names_paths_for_the_owner_and_file_names_for_others() -> None:
    dropped = replace(SONG, title="Mine", dropped=True, seconds=None)
    for paths, location in ((True, "/secret/folder/song.FLAC"), (False, "Beyoncé - Halo.flac")):
        text = playlist_of([SONG, dropped], paths=paths).decode()
        assert text.splitlines() == [
            "#EXTM3U",
            "#PLAYLIST:Moodring: library",
            "#EXTINF:200,Beyoncé - Halo",
            location,
            "#EXTINF:-1,Beyoncé - Mine",
            "Beyoncé - Mine.flac",
        ]
    assert "/secret" not in playlist_of([SONG], paths=False).decode()


@pytest.mark.parametrize(
    ("title", "artist", "path", "name"),
    [
        ("Halo", "Beyoncé", "x.mp3", "Beyoncé - Halo.mp3"),
        ("a/b\\c:d\n\x00*?", "<Me>", "x.Ogg", "Me - a b c d.ogg"),
        ("..", "..", "x.flac", "-.flac"),
        ("Halo", "A", "x.AIFF", "A - Halo.aiff"),
        ("x" * 300, "A", "x.wav", f"A - {'x' * (MAX_NAME_LENGTH - 4)}.wav"),
        ("Halo", "A", "x.exe", "A - Halo"),
    ],
)
def test_a_file_is_named_after_the_song_and_after_no_path(
    title: str, artist: str, path: str, name: str
) -> None:
    made = name_of(replace(SONG, title=title, artist=artist, path=Path("/secret") / path))
    assert made == name
    assert not set('/\\:*?"<>|\n\0') & set(made)


def picture(kind: str, size: tuple[int, int] = (300, 200)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (200, 30, 40)).save(content, kind)
    return content.getvalue()


def with_cover(path: Path, cover: bytes) -> Recording:
    from mutagen.flac import FLAC, Picture

    write(path, pattern(1.0))
    file, front = FLAC(path), Picture()
    front.data, front.type, front.mime = cover, 3, "image/png"
    file.add_picture(front)
    file.save()
    return replace(SONG, path=path)


def test_a_files_own_cover_comes_square_and_small_ones_rounded(tmp_path: Path) -> None:
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    small = recording.cover_of(song)
    assert small.startswith("data:image/webp;base64,")
    assert len(small) < 5_000
    opened = Image.open(io.BytesIO(base64.b64decode(small.partition(",")[2])))
    assert opened.size == (recording.SMALL, recording.SMALL)
    alpha = np.asarray(opened.convert("RGBA"))[..., 3]
    assert (alpha[0, 0], alpha[48, 48]) == (0, 255)
    large = recording.cover_of(song, recording.LARGE)
    opened = Image.open(io.BytesIO(base64.b64decode(large.partition(",")[2])))
    assert opened.size == (recording.LARGE, recording.LARGE)
    assert opened.mode == "RGB"


def test_without_a_usable_cover_one_is_drawn(tmp_path: Path) -> None:
    bomb = with_cover(tmp_path / "bomb.flac", picture("PNG", (9_000, 9_000)))
    noise = random.Random(1).randbytes(5_000)  # noqa: S311 - nothing secret
    damaged = with_cover(tmp_path / "bad.flac", b"\x89PNG\r\n\x1a\n" + noise)
    gone = replace(SONG, path=tmp_path / "gone.flac")
    for song in (bomb, damaged, gone):
        for size in (recording.SMALL, recording.LARGE):
            assert recording.cover_of(song, size).startswith("data:image/svg+xml;base64,")


def test_a_changed_file_shows_its_new_cover(tmp_path: Path) -> None:
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    before = recording.cover_of(song)
    content = io.BytesIO()
    Image.new("RGB", (100, 100), (0, 0, 250)).save(content, "JPEG")
    with_cover(tmp_path / "a.flac", content.getvalue())
    assert recording.cover_of(song) != before


def test_a_cover_is_decoded_once_for_both_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Decoder()
    monkeypatch.setattr(recording.resources, "picture_decoder", lambda: decoder)
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    for size in (recording.SMALL, recording.LARGE) * 2:
        recording.cover_of(song, size)
    assert decoder.asked == 1


class Decoder:
    """Decodes red, and counts; or says `problem`."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.asked, self.problem = 0, problem

    def decode(self, _: bytes, longest: int) -> Picture:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        return Picture(bytes((200, 30, 40)) * longest**2, longest, longest, 1.0)


@pytest.mark.parametrize(
    ("problem", "asked"), [(BadImage("It takes too long."), 1), (CannotDecode("Too many."), 2)]
)
def test_a_cover_that_cannot_be_decoded_is_tried_again_only_if_another_could_not_either(
    problem: Exception, asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Decoder(problem)
    monkeypatch.setattr(recording.resources, "picture_decoder", lambda: decoder)
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    for _ in range(2):
        assert recording.cover_of(song).startswith("data:image/svg+xml;base64,")
    assert decoder.asked == asked


def test_covers_are_kept_up_to_so_many_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recording.MAX_KEPT_BYTES == 64 * 1024 * 1024
    decoder = Decoder()
    monkeypatch.setattr(recording.resources, "picture_decoder", lambda: decoder)
    songs = [with_cover(tmp_path / f"{name}.flac", picture("PNG")).path for name in "abc"]
    one = recording.KeptCovers().cover_of(songs[0], 1, recording.LARGE)
    assert one is not None
    kept = recording.KeptCovers(2 * (len(one) + recording.ENTRY_BYTES))
    decoder.asked = 0
    for place in (0, 1, 0, 2, 0, 1):
        kept.cover_of(songs[place], 1, recording.LARGE)
    # The second was asked for longest ago when the third came.
    assert decoder.asked == 4
    assert kept._bytes <= kept._max_bytes
