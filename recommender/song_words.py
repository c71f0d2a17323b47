"""Words for how a song feels, by its place in the plane of valence and energy."""

import math

from detectors.types import Message
from recommender.types import Track

SONG_WORDS = ("bright", "euphoric", "fierce", "tense", "gloomy", "wistful", "calm", "tender")
# Beats a minute, as metronomes name them: presto begins at about 168, allegro at 120, adagio ends
# at about 76. Programs may count half or double the beat, so that the energy has to agree.
FAST_FROM, SLOW_TO = 120.0, 80.0
# Energy at which a song without a telling tempo is called lively, and quiet.
LIVELY_FROM, QUIET_TO = 0.72, 0.28
_MIDDLE = 0.5


def song_word(valence: float, energy: float) -> Message:
    """Return the word for a point in the plane.

    A face is angry or afraid; a song is fierce or tense. The words are the octants of Russell's
    circle ("A circumplex model of affect", Journal of Personality and Social Psychology 39, 1980,
    1161-1178), around the middle of the plane, valence across and energy up, each of 45°:

    =========  ==========  ======================
    from       word        feelings that lie there
    =========  ==========  ======================
    0° right   bright      happy
    45°        euphoric    surprise, energised
    90° up     fierce      angry, fear
    135°       tense       disgust
    180° left  gloomy      sad
    225°       wistful
    270° down  calm        calm, focused
    315°       tender
    =========  ==========  ======================

    A song on an edge has the word that begins there, and one in the very middle the first.

    Parameters
    ----------
    valence, energy : float, −1..1 and 0..1
    """
    turn = math.atan2(2 * energy - 1, valence) / math.tau % 1
    return Message(f"song-{SONG_WORDS[int(turn * len(SONG_WORDS)) % len(SONG_WORDS)]}")


def song_sound(track: Track) -> Message | None:
    """Return how a song sounds, as "bright and fast"; None when its place is unknown."""
    if track.valence is None or track.energy is None:
        return None
    word = song_word(track.valence, track.energy)
    pace = _pace(track.energy, track.tempo)
    return word if pace is None else Message("song-and-pace", {"word": word, "pace": pace})


def _pace(energy: float, tempo: float | None) -> Message | None:
    if tempo is not None and tempo >= FAST_FROM and energy >= _MIDDLE:
        return Message("pace-fast")
    if tempo is not None and 0 < tempo <= SLOW_TO and energy < _MIDDLE:
        return Message("pace-slow")
    if energy >= LIVELY_FROM:
        return Message("pace-lively")
    return Message("pace-quiet") if energy <= QUIET_TO else None
