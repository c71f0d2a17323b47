"""Spotify's search requests for five example queries, as the table in `searches.md`.

``python -c "from tests.bench import searches_card as card; card.CARD.write_text(card.text())"``
regenerates it; a test fails when it is out of date.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from recommender.mood import FEELINGS
from recommender.spotify.queries import plan_requests, playlist_search
from recommender.types import Mood, Query

if TYPE_CHECKING:
    from collections.abc import Mapping

CARD = Path(__file__).parents[2] / "recommender" / "searches.md"


def _query(
    feeling: str,
    languages: tuple[str, ...],
    artists: tuple[str, ...] = (),
    decades: tuple[int, ...] = (),
) -> Query:
    return Query(Mood(*FEELINGS[feeling]), feeling, languages, artists, decades=decades)


EXAMPLES: Mapping[str, Query] = MappingProxyType(
    {
        "sad, Tamil": _query("sad", ("Tamil",)),
        "calm, Hindi, 1990s": _query("calm", ("Hindi",), decades=(1990,)),
        "happy, Spanish, Rosalía": _query("happy", ("Spanish",), ("Rosalía",)),
        "energised, Korean and Japanese": _query("energised", ("Korean", "Japanese")),
        "focused, Instrumental, 1970s, 1980s and 2010s": _query(
            "focused", ("Instrumental",), decades=(1970, 1980, 2010)
        ),
    }
)

_INTRODUCTION = """# Card: what Spotify is asked

`spotify/queries.py` makes two to five requests of ten songs for a page, from the words, genres and
markets in `data/searches.toml`. They run side by side. The songs take turns, doubles and other
languages go (`languages.py` says how surely), and "More" goes on in the list where the last
page ended. The last line of each wish is the one request for playlists. The table is made by
`tests/bench/searches_card.py`: twelve songs, first page.
"""


def text() -> str:
    """Return the text of `searches.md`."""
    rows = ["| wish | asked | from | market |", "| --- | --- | --- | --- |"]
    for wish, query in EXAMPLES.items():
        lists = playlist_search(query)
        asked = [(search, "") for search in plan_requests(query)]
        asked += [] if lists is None else [(lists, "playlists: ")]
        for number, (search, kind) in enumerate(asked):
            cells = (
                "" if number else wish,
                f"{kind}`{search.text}`",
                str(search.offset + 1),
                search.market,
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join((_INTRODUCTION, *rows, ""))
