"""The shipped songs against the reference tables in which they are said to have been found."""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from recommender.catalogue.starter import STARTER, StarterSong, read_songs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLES = Path(__file__).parents[3] / "shared" / "data" / "catalogue"
# When the songs were last looked through these were 0.579 and 0.826; the margin of 0.02 is for
# songs that come and go. Valence agrees less because theirs was computed from the sound alone,
# where a lively song of despair counts as cheerful.
VALENCE_AGREES, ENERGY_AGREES = 0.55, 0.80

pytestmark = pytest.mark.skipif(
    not TABLES.exists(), reason="needs the reference tables: ../shared/data/catalogue"
)


class Layout(NamedTuple):
    """Where a reference table lies and which of its columns name a song."""

    file: str
    title: str
    artists: tuple[str, ...]


# In the order in which a song was looked for: `checked` names the first that has it.
LAYOUTS = {
    "catalog_unified": Layout("catalog_unified.csv.gz", "title", ("artist",)),
    "deezer_mood_18644": Layout("deezer_mood_18644.csv.gz", "track_name", ("artist_name",)),
    "bollywood_titles": Layout(
        "bollywood_titles.csv.gz", "song_title", ("song_singers", "album_music_director")
    ),
    "top_charts_by_country": Layout("top_charts_by_country.csv", "name", ("artists",)),
}

# The tables write these in Latin letters, or spell them otherwise.
WRITTEN = {
    "Awarapan Banjarapan": "Awaarapan Banjarapan",
    "Chahe Koi Mujhe Junglee Kahe": "Yahoo Chaahe Koi Mujhe Junglee Kahe",
    "Choli Ke Peeche Kya Hai": "Choli Ke Peechhe Kya Hai",
    "Katiya Karun": "Katiya Karoon",
    "Na To Caravan Ki Talash Hai": "Na To Karvan Ki Talash Hai",
    "Suhana Safar Aur Yeh Mausam": "Suhana Safar Aur Yeh Mausam Hasin",
    "Waqt Ne Kiya Kya Haseen Sitam": "Waqt Ne Kiya Kya Hasin Sitam",
    "작은 것들을 위한 시 (Boy With Luv) (Feat. Halsey)": "Boy With Luv",
    "Баста": "Basta",
    "Каста": "Kasta",
    "米津玄師": "Kenshi Yonezu",
}

BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
FEATURING = re.compile(r"\b(feat|ft|featuring)\b.*")
VERSION = re.compile(r"\s[-–]\s.*$")  # "Help! - Remastered 2009"
BETWEEN_ARTISTS = re.compile(r"[,;&/]|\bfeat\b\.?|\bwith\b|\band\b|\bx\b", re.IGNORECASE)
# Letters whose stroke or missing dot is no accent that could be stripped.
LETTERS = str.maketrans(
    {"\N{LATIN SMALL LETTER DOTLESS I}": "i", "ø": "o", "đ": "d", "ł": "l", "&": " and "}
)
APOSTROPHES = re.compile(r"['’`]")
INDIC = 0x900  # from here on, marks are vowels of their script and no accents


def words_of(text: str) -> str:
    """The text without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = "".join(
        letter for letter in folded if ord(letter) > INDIC or unicodedata.category(letter)[0] != "M"
    )
    folded = APOSTROPHES.sub("", folded.translate(LETTERS))
    return " ".join(
        "".join(
            letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in folded
        ).split()
    )


def titles_of(title: str) -> set[str]:
    """The ways to write a title: as it stands, and without what versions add to it."""
    bare = BRACKETS.sub(" ", title)
    short = FEATURING.sub(" ", (bare if bare.strip() else title).casefold())
    ways = {title, short, VERSION.sub("", short), *title.split(" / ")}
    return {words_of(way) for way in ways} - {""}


def names_in(credit: str) -> set[str]:
    """The names in a credit: the whole of it, for bands with an "and", and its parts."""
    names = {words_of(name) for name in (credit, *BETWEEN_ARTISTS.split(credit))}
    return (names | {name.removeprefix("the ") for name in names}) - {""}


Row = dict[str, str]


def open_table(layout: Layout) -> Iterator[Row]:
    path = TABLES / layout.file
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def finder_of(layout: Layout, wanted: set[str]) -> Callable[[StarterSong], list[Row]]:
    """Return what finds the rows of a song; rows with no title of ours are let go at once."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in open_table(layout):
        for title in titles_of(row[layout.title] or "") & wanted:
            rows[title].append(row)

    def rows_of(song: StarterSong) -> list[Row]:
        ours = {name for artist in song.artists for name in own_names(artist)}
        found = {
            id(row): row
            for title in own_titles(song)
            for row in rows[title]
            if any(ours & names_in(row[column] or "") for column in layout.artists)
        }
        # The song itself rather than its remixes and concerts, where the table has it.
        exact = words_of(WRITTEN.get(song.title, song.title))
        plain = [row for row in found.values() if words_of(row[layout.title]) == exact]
        return plain or list(found.values())

    return rows_of


def own_titles(song: StarterSong) -> set[str]:
    return titles_of(WRITTEN.get(song.title, song.title))


def own_names(artist: str) -> set[str]:
    """A name of ours is one artist, whatever "and" it holds."""
    name = words_of(WRITTEN.get(artist, artist))
    return {name, name.removeprefix("the ")}


@pytest.fixture(scope="module")
def songs() -> list[StarterSong]:
    return read_songs(STARTER.read_bytes())


@pytest.fixture(scope="module")
def finders(songs: list[StarterSong]) -> dict[str, Callable[[StarterSong], list[Row]]]:
    wanted = {title for song in songs for title in own_titles(song)}
    return {name: finder_of(layout, wanted) for name, layout in LAYOUTS.items()}


@pytest.mark.slow
def test_every_song_lies_in_the_first_table_that_has_it(
    songs: list[StarterSong], finders: dict[str, Callable[[StarterSong], list[Row]]]
) -> None:
    first = {
        song.identity: next((name for name in LAYOUTS if finders[name](song)), "memory")
        for song in songs
    }
    found = Counter(first.values())
    print(f"{len(songs)} songs, {len(songs) - found['memory']} found in a table: {dict(found)}")
    wrong = {
        song.title: (song.checked, first[song.identity])
        for song in songs
        if song.checked != first[song.identity]
    }
    assert wrong == {}


def test_a_song_that_nobody_recorded_is_in_no_table(
    songs: list[StarterSong], finders: dict[str, Callable[[StarterSong], list[Row]]]
) -> None:
    known = next(song for song in songs if song.checked == "catalog_unified")
    stranger = StarterSong(
        title=known.title,
        artists=("Nobody Of That Name",),
        language=known.language,
        year=known.year,
        genre=known.genre,
        valence=known.valence,
        energy=known.energy,
        explicit=known.explicit,
        checked="memory",
    )
    assert finders["catalog_unified"](known)
    assert not any(finder(stranger) for finder in finders.values())


def ranks(values: list[float]) -> np.ndarray:
    """The place of each value among all; equal values share the middle of theirs."""
    _, which, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    return np.asarray((last - (times - 1) / 2)[which], dtype=float)


def agreement(ours: list[float], theirs: list[float]) -> float:
    """Spearman's rank correlation."""
    return float(np.corrcoef(ranks(ours), ranks(theirs))[0, 1])


def test_the_rank_correlation_is_spearmans() -> None:
    assert ranks([3.0, 1.0, 3.0, 2.0]).tolist() == [3.5, 1.0, 3.5, 2.0]
    assert agreement([1, 2, 3, 4], [10, 20, 25, 1000]) == pytest.approx(1)
    assert agreement([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert agreement([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("column", "least"), [("valence", VALENCE_AGREES), ("energy", ENERGY_AGREES)]
)
def test_our_judgement_agrees_with_what_was_measured(
    songs: list[StarterSong],
    finders: dict[str, Callable[[StarterSong], list[Row]]],
    column: str,
    least: float,
) -> None:
    pairs = [
        (getattr(song, column), float(np.median(measured)))
        for song in songs
        if (measured := [float(row[column]) for row in finders["catalog_unified"](song)])
    ]
    ours, theirs = (list(side) for side in zip(*pairs, strict=True))
    agrees = agreement(ours, theirs)
    print(f"{column}: {len(pairs)} songs, rank correlation {agrees:.4f}")
    assert len(pairs) >= 200
    assert agrees >= least
