"""Song recommendations and catalogue maintenance on the command line.

Songs go to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from detectors.threads import use_one_blas_thread
from recommender.commands import run
from recommender.commands.backup import backup, restore
from recommender.commands.imports import import_, playlist, refresh
from recommender.commands.live_check import live_check
from recommender.commands.mood_tags import mood_tags
from recommender.commands.songs import songs
from recommender.commands.tag import tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detectors.types import AudioTagger

COMMANDS = click.Group(
    "recommender",
    [songs, import_, playlist, refresh, tag, mood_tags, backup, restore, live_check],
    help=__doc__,
)


def music_tagger() -> Callable[[], AudioTagger]:
    """Return the factory of the music tagger; worker processes call it, too."""
    from detectors.hearing.music import own_tagger

    return own_tagger


def main(
    arguments: Sequence[str] | None = None,
    tagger: Callable[[], Callable[[], AudioTagger]] = music_tagger,
) -> int:
    """Run the command and return its exit status.

    Parameters
    ----------
    tagger : callable, as `music_tagger`
    """
    use_one_blas_thread()
    return run(COMMANDS, arguments, obj=tagger)


if __name__ == "__main__":
    sys.exit(main())
