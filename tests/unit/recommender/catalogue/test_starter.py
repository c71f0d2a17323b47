"""The shipped table of songs, and the reader of such tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue.starter import COLUMNS, STARTER, StarterSong, read_songs
from recommender.errors import BadTable
from recommender.mood import EMOTION_POINTS, FEELINGS, RADIUS, distance
from recommender.types import DEFAULT_COUNT

HEADER = ",".join(COLUMNS)
GOOD = "Imagine,John Lennon,English,1971,rock,0.55,0.26,0,memory"
CLOSE = 0.25
CHECKED = {
    "catalog_unified",
    "deezer_mood_18644",
    "bollywood_titles",
    "top_charts_by_country",
    "memory",
}
# What the app promises: at least so many songs in each of these languages, and no other language.
FEWEST = {
    "Arabic": 40,
    "Bengali": 40,
    "Chinese": 40,
    "English": 80,
    "French": 40,
    "German": 40,
    "Hindi": 80,
    "Indonesian": 40,
    "Instrumental": 80,
    "Italian": 40,
    "Japanese": 40,
    "Korean": 40,
    "Portuguese": 40,
    "Punjabi": 40,
    "Russian": 40,
    "Spanish": 80,
    "Swahili": 40,
    "Tamil": 40,
    "Telugu": 40,
    "Turkish": 40,
    "Urdu": 40,
}


@pytest.fixture(scope="module")
def songs() -> list[StarterSong]:
    return read_songs(STARTER.read_bytes())


def table(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in (HEADER, *lines)).encode()


def test_the_table_is_large_and_speaks_many_languages(songs: list[StarterSong]) -> None:
    languages = Counter(song.language for song in songs)
    assert len(songs) >= 1000
    assert languages.keys() == FEWEST.keys()
    assert {name: languages[name] for name in FEWEST if languages[name] < FEWEST[name]} == {}


def test_every_line_says_where_the_song_was_found(songs: list[StarterSong]) -> None:
    assert {song.checked for song in songs} <= CHECKED


def test_no_artist_fills_a_language(songs: list[StarterSong]) -> None:
    credited = Counter(
        (song.language, artist.casefold()) for song in songs for artist in song.artists
    )
    assert {credit: times for credit, times in credited.items() if times > 4} == {}


def test_no_song_credits_an_artist_twice(songs: list[StarterSong]) -> None:
    for song in songs:
        assert len({artist.casefold() for artist in song.artists}) == len(song.artists), song


def test_years_are_plausible(songs: list[StarterSong]) -> None:
    assert all(1950 <= song.year <= 2026 for song in songs)


def test_languages_and_genres_are_named_in_one_way(songs: list[StarterSong]) -> None:
    assert all(song.language == song.language.title() for song in songs)
    assert all(song.genre == song.genre.casefold() for song in songs)


def test_no_song_is_there_twice_under_its_first_artist(songs: list[StarterSong]) -> None:
    seen = Counter((song.title.casefold(), song.artists[0].casefold()) for song in songs)
    assert [song for song, times in seen.items() if times > 1] == []


def test_the_file_reads_well_in_a_diff() -> None:
    data = STARTER.read_bytes()
    assert b"\r" not in data
    assert data.endswith(b"\n")
    assert not data.startswith(b"\xef\xbb\xbf")


def test_the_lines_are_sorted(songs: list[StarterSong]) -> None:
    order = [(song.language, song.year, song.title.casefold()) for song in songs]
    assert order == sorted(order)


# Loud songs without a clear side of the plane are few in Bengali.
FEW_CLOSE = {("Bengali", "fear"): 4, ("Bengali", "surprise"): 7}


def near(songs: list[StarterSong], language: str, feeling: str, radius: float) -> int:
    return sum(
        distance((2 * song.valence - 1, song.energy), FEELINGS[feeling]) <= radius
        for song in songs
        if song.language == language
    )


@pytest.mark.parametrize("language", FEWEST)
def test_every_language_has_songs_for_every_emotion_and_goal(
    songs: list[StarterSong], language: str
) -> None:
    close = {feeling: near(songs, language, feeling, CLOSE) for feeling in FEELINGS}
    print(close)
    fewest = {feeling: 8 if feeling in EMOTION_POINTS else 3 for feeling in FEELINGS}
    fewest |= {feeling: few for (name, feeling), few in FEW_CLOSE.items() if name == language}
    assert {name: count for name, count in close.items() if count < fewest[name]} == {}
    fitting = {feeling: near(songs, language, feeling, RADIUS) for feeling in EMOTION_POINTS}
    assert {name: count for name, count in fitting.items() if count < DEFAULT_COUNT} == {}


def test_emotions_are_not_all_the_same_songs(songs: list[StarterSong]) -> None:
    """Angry and sad lie apart enough that no song is close to both centres."""
    for song in songs:
        place = (2 * song.valence - 1, song.energy)
        near_both = [distance(place, EMOTION_POINTS[name]) < 0.2 for name in ("angry", "sad")]
        assert not all(near_both)


def test_a_good_line_is_read_field_by_field() -> None:
    line = (
        '"Águas de março, ""ao vivo""",Elis Regina; Tom Jobim,Portuguese,1974,bossa nova,'
        "1,0.4,1,memory"
    )
    assert read_songs(table(line)) == [
        StarterSong(
            title='Águas de março, "ao vivo"',
            artists=("Elis Regina", "Tom Jobim"),
            language="Portuguese",
            year=1974,
            genre="bossa nova",
            valence=1.0,
            energy=0.4,
            explicit=True,
            checked="memory",
        )
    ]


def test_a_table_of_no_songs_is_a_table() -> None:
    assert read_songs(table()) == []


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("Imagine,John Lennon,English,1971,rock,0.55,0.26,0", "8 columns"),
        (f"{GOOD},more", "10 columns"),
        ("", "0 columns"),
        (",John Lennon,English,1971,rock,0.55,0.26,0,memory", "empty title"),
        ("Imagine,,English,1971,rock,0.55,0.26,0,memory", "empty artist"),
        ("Imagine,John; ; Yoko,English,1971,rock,0.55,0.26,0,memory", "empty artist"),
        ("Imagine , John,English,1971,rock,0.55,0.26,0,memory", "blanks around"),
        ("Imagine,John,,1971,rock,0.55,0.26,0,memory", "empty language"),
        ("Imagine,John,English,71,rock,0.55,0.26,0,memory", "no year"),
        ("Imagine,John,English,1771,rock,0.55,0.26,0,memory", "no year"),
        ("Imagine,John,English,١٩٧١,rock,0.55,0.26,0,memory", "no year"),
        ("Imagine,John,English,1971,rock,1.01,0.26,0,memory", "no valence"),
        ("Imagine,John,English,1971,rock,nan,0.26,0,memory", "no valence"),
        ("Imagine,John,English,1971,rock,0.55,-0.1,0,memory", "no energy"),
        ("Imagine,John,English,1971,rock,0.55,1e-1,0,memory", "no energy"),
        ("Imagine,John,English,1971,rock,0.55,0.26,yes,memory", "0 or 1"),
        ("Imagine,John,English,1971,rock,0.55,0.26,0,", "empty checked"),
        ("Imagine,John,English,1971,rock,0.55,0.26,0, memory", "blanks around"),
        ("Imagine,John,English,1971,rock,0.55,0.26,0,mem\x07ory", "control character"),
        (f"{'x' * 501},John,English,1971,rock,0.55,0.26,0,memory", "over 500"),
        ("Ima\x07gine,John,English,1971,rock,0.55,0.26,0,memory", "control character"),
        ('"Imagine"x,John,English,1971,rock,0.55,0.26,0,memory', "not CSV"),
    ],
)
def test_a_bad_line_is_named(bad: str, problem: str) -> None:
    good = GOOD.replace("Imagine", "Oh My Love")
    with pytest.raises(BadTable, match=problem) as caught:
        read_songs(table(good, bad))
    assert caught.value.message.values["line"] == 3
    assert str(caught.value).startswith("Line 3 of the table of songs ")


def test_a_repeated_song_is_named_with_the_first() -> None:
    with pytest.raises(BadTable, match=r"Line 3 .* repeats the song of line 2"):
        read_songs(table(GOOD, GOOD.upper().replace("ENGLISH", "English")))


@pytest.mark.parametrize("head", [b"", b"\n", b"title,artist\n", b"\xef\xbb\xbf" + table()])
def test_another_header_is_refused(head: bytes) -> None:
    with pytest.raises(BadTable, match=r"Line 1 .* must name the columns"):
        read_songs(head)


def test_other_encodings_are_refused_with_their_line() -> None:
    with pytest.raises(BadTable, match=r"Line 3 .* is not UTF-8"):
        read_songs(table(GOOD) + "Ämne".encode("latin-1"))


def test_an_unclosed_quote_is_refused() -> None:
    with pytest.raises(BadTable):
        read_songs(table('"Imagine,John Lennon,English,1971,rock,0.55,0.26,0'))


cells = st.one_of(
    st.text(max_size=8), st.sampled_from(["x", "1971", "0.5", "1", "0", '"', "a; b", "nan"])
)


@given(
    st.one_of(
        st.binary(),
        st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary().map(lambda tail: table(GOOD) + tail),
        st.lists(st.lists(cells, max_size=10).map(",".join), max_size=4).map(
            lambda lines: table(*lines).decode("utf-8", "replace").encode()
        ),
    )
)
def test_whatever_the_bytes_only_bad_table_is_raised(data: bytes) -> None:
    with suppress(BadTable):
        assert all(0 <= song.valence <= 1 and song.title for song in read_songs(data))


words = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters=";"), min_size=1, max_size=30
)
shares = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@given(
    st.builds(
        StarterSong,
        title=words,
        artists=st.lists(words, min_size=1, max_size=3).map(tuple),
        language=words,
        year=st.integers(1890, 2100),
        genre=words,
        valence=shares,
        energy=shares,
        explicit=st.booleans(),
        checked=words,
    )
)
def test_what_is_written_is_read(song: StarterSong) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(
        [
            song.title,
            "; ".join(song.artists),
            song.language,
            song.year,
            song.genre,
            f"{song.valence:.2f}",
            f"{song.energy:.2f}",
            int(song.explicit),
            song.checked,
        ]
    )
    assert read_songs(table(text.getvalue().removesuffix("\n"))) == [song]
