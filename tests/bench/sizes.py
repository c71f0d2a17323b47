"""Sizes of everything that is measured: the full ones, and smaller ones for a short form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes and counts of everything that is measured.

    clip_frames : length of the clip
    warm_up_frames : how many of its first frames are read once before
    recall_frames : how many frames have a face pasted in, to be found again
    warm_ups, rounds : how often a call is made before, and timed; the median counts
    starts : how often a new process is made ready; the median counts
    table_rows : how many rows of the catalogue's table are imported; None for all of them
    tracks : how many tracks there are to rank
    queries, pandas_queries : how often they are ranked, by Moodring and by pandas
    song_s, song_rounds : length of the song that Moodring hears, and how often it does
    tagger_s : length of the sound that the original taggers hear
    """

    clip_frames: int
    warm_up_frames: int
    recall_frames: int
    warm_ups: int
    rounds: int
    starts: int
    table_rows: int | None
    tracks: int
    queries: int
    pandas_queries: int
    song_s: int
    song_rounds: int
    tagger_s: int


FULL = Sizes(
    clip_frames=300,
    # The first frames make the nets ready for the frame's size.
    warm_up_frames=10,
    # With 400, chance alone moves the difference between two detectors by two points.
    recall_frames=800,
    warm_ups=3,
    # Enough for a median that an odd hiccup does not move, few enough for a minute in all.
    rounds=15,
    starts=3,
    table_rows=None,
    tracks=1_000_000,
    queries=200,
    pandas_queries=10,
    song_s=180,
    song_rounds=3,
    tagger_s=30,
)
# The whole benchmark in less than half a minute: it shows that there is every figure, and about
# what it is. The two forms are not to be compared: few tracks are ranked faster, and what is done
# once for a song or a table weighs more.
QUICK = Sizes(
    # One of them is searched for faces, as every twelfth of the full clip is.
    clip_frames=12,
    warm_up_frames=2,
    recall_frames=12,
    warm_ups=1,
    rounds=3,
    starts=1,
    table_rows=1000,
    tracks=3_000,
    queries=10,
    pandas_queries=2,
    song_s=12,
    song_rounds=1,
    tagger_s=6,
)
