"""`python -m recommender`: song recommendations and catalogue maintenance on the command line.

Songs go to standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from detectors.threads import use_one_blas_thread
from recommender.commands import (
    backup,
    carry_every_letter,
    imports,
    live_check,
    refresh,
    songs,
    tag,
)
from recommender.settings import BadSetting, settings_from

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detectors.types import AudioTagger


def music_tagger() -> Callable[[], AudioTagger]:
    """Return the factory of the music tagger; worker processes call it, too."""
    from detectors.music import own_tagger

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
    # A terminal whose encoding lacks Tamil must not end the command.
    carry_every_letter()
    parser = argparse.ArgumentParser(prog="python -m recommender", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (songs, imports, refresh, backup, live_check):
        command.add(commands)
    tag.add(commands, tagger)
    options = parser.parse_args(arguments)
    use_one_blas_thread()
    run = options.prepare(options)
    try:
        settings = settings_from(os.environ)
    except BadSetting as error:
        options.parser.error(str(error))
    return int(run(settings))


if __name__ == "__main__":
    sys.exit(main())
