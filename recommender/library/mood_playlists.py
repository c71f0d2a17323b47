"""Playlists by mood in a folder of the owner: M3U8 for any player, and Navidrome's smart ones.

A list of each kind for each of the words of `recommender.song_words`. The M3U8 names files by paths
from its folder, nearest to the middle of the word's octant first; the smart playlist (``.nsp``, see
https://www.navidrome.org/docs/usage/features/smart-playlists/) asks for the word in the tags
(`recommender.library.mood_tags`), and for songs that come later, too.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from detectors.types import Message
from recommender.exports import files_as_m3u8
from recommender.library.mood_tags import COPY, Journal
from recommender.library.recordings import Recording
from recommender.library.scan import is_below
from recommender.library.source import track_of
from recommender.song_words import SONG_WORDS, song_word
from recommender.wording import ENGLISH, sentence

# Songs of a smart playlist.
MOST = 100


def mood_playlists(recordings: Sequence[Recording], folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of each playlist for the songs below a folder."""
    below = [one for one in recordings if is_below(one.path, [folder])]
    for place, name in enumerate(SONG_WORDS):
        said = song_word(*_middle(place))
        word = sentence(said, ENGLISH)
        songs = [one for one in below if song_word(one.valence, one.energy) == said]
        if not songs:
            continue
        title = f"Moodring {word}"
        songs.sort(key=lambda one: (-_strength(one, place), one.path))
        listed = [(track_of(one), _relative(one.path, folder), one.seconds) for one in songs]
        yield folder / f"Moodring {name}.m3u8", files_as_m3u8(listed, title)
        smart = {
            "name": title,
            "all": [{"is": {"mood": word}}],
            "sort": "random",
            "limit": MOST,
        }
        yield folder / f"Moodring {name}.nsp", (json.dumps(smart, indent=2) + "\n").encode()


def write_playlist(path: Path, content: bytes, journal: Journal) -> Message | None:
    """Write a playlist as a whole, and return why it is left as it is; None when it is written.

    A file of that name that is not ours, or that somebody has edited, stays.
    """
    copy = path.with_name(f"{COPY}{path.name}")
    try:
        if path.exists() and not _is_ours(path, journal):
            return Message("mood-tags-not-ours")
        with copy.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        journal.wrote_playlist(path, hashlib.sha256(content).hexdigest())
        copy.replace(path)
    except OSError as error:
        return Message("mood-tags-unwritten", {"reason": error.strerror or type(error).__name__})
    finally:
        with suppress(OSError):
            copy.unlink(missing_ok=True)
    return None


def delete_playlists(journal: Journal, folders: Sequence[Path] | None = None) -> list[Path]:
    """Delete the playlists that were written, unless somebody has edited them; return their paths.

    Parameters
    ----------
    folders : sequence of Path or None, only those below; None for all
    """
    gone = []
    for path in sorted(journal.playlists):
        if folders is not None and not is_below(path, folders):
            continue
        with suppress(OSError):
            if _is_ours(path, journal):
                path.unlink()
                gone.append(path)
        if not path.exists():
            journal.wrote_playlist(path, None)
    return gone


def _is_ours(path: Path, journal: Journal) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == journal.playlists.get(path)


def _middle(place: int) -> tuple[float, float]:
    """Return the valence and energy in the middle of a word's octant, on the circle."""
    turn = math.tau * (place + 0.5) / len(SONG_WORDS)
    return math.cos(turn), (math.sin(turn) + 1) / 2


def _strength(one: Recording, place: int) -> float:
    """Return how far a song lies towards the middle of an octant."""
    valence, energy = _middle(place)
    return one.valence * valence + (2 * one.energy - 1) * (2 * energy - 1)


def _relative(path: Path, folder: Path) -> str:
    # Slashes on every system, as players of other systems read them.
    return path.relative_to(folder).as_posix()
