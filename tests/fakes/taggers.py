"""Taggers that hear nothing but how loud a WAV file is, and some that go wrong.

They stand in a module, since other processes make them anew.
"""

from __future__ import annotations

import os
import signal
import time
import wave
from pathlib import Path

import numpy as np

from detectors.errors import BadAudio
from detectors.hearing.audio import read_audio
from detectors.hearing.audio_limits import DROPPED, OWN, AudioLimits
from detectors.types import GEMS_FEELINGS, AudioTagger, Message, MusicScores
from recommender.library.file_tagging import Fingerprint, TagResult, tag_file
from tests.fakes.library import heard_at

# What a file's name makes `RoughTagger` do.
DEADLY, ENDLESS, RAISING, SLOW = "deadly", "endless", "raising", "slow"
SLOW_S = 0.05
# What its loudness makes `FragileTagger` do.
DEADLY_LOUDNESS, ENDLESS_LOUDNESS = 0.9, 0.02


class LoudnessTagger:
    """Louder is more energetic and less pleasant."""

    version = "loudness-1"

    def tag(self, path: Path) -> MusicScores | Message:
        """Return scores by loudness; a sentence for what is no WAV file."""
        try:
            with wave.open(str(path)) as file:
                sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        except (OSError, EOFError, wave.Error):
            return Message("It is no audio that can be read.")
        loudness = float(np.abs(sound / 2**15).mean()) if len(sound) else 0.0
        rest = (1 - loudness) / 3
        valence, energy = heard_at(1 - 2 * loudness, loudness)
        feelings = (0.5,) * len(GEMS_FEELINGS)
        return MusicScores((rest, loudness, rest, rest), valence, energy, feelings)


class NextTagger(LoudnessTagger):
    """A newer model."""

    version = "loudness-2"


class RoughTagger(LoudnessTagger):
    """Does what the file's name says; and writes each hearing into ``heard`` beside the files.

    One that the environment names as the log gets a line for each file that is heard.
    """

    version = "rough-1"

    def tag(self, path: Path) -> MusicScores | Message:
        """Return scores by loudness, unless the name wants something else."""
        log = os.environ.get("HEARD_LOG")
        if log:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"{os.getpid()} {path.name}\n")
        if DEADLY in path.name:
            os.kill(os.getpid(), signal.SIGKILL)
        if ENDLESS in path.name:
            time.sleep(3600)
        if RAISING in path.name:
            raise ZeroDivisionError
        if SLOW in path.name:
            time.sleep(SLOW_S)
        return super().tag(path)


class Here:
    """Hears in this very process: for tests that are not about processes.

    tagger : whose word is taken
    """

    is_ready = True

    def __init__(self, tagger: AudioTagger) -> None:
        self.tagger = tagger

    def tag_file(self, file: Fingerprint) -> tuple[str, TagResult]:
        """Return what the tagger says."""
        return self.tagger.version, tag_file(file, self.tagger)


class FragileTagger(LoudnessTagger):
    """Dies of the loudest files, and never ends with the most silent, whatever they are called."""

    version = "fragile-1"

    def tag(self, path: Path) -> MusicScores | Message:
        """Return scores by loudness."""
        said = super().tag(path)
        if isinstance(said, MusicScores):
            if said.quadrants[1] > DEADLY_LOUDNESS:
                os.kill(os.getpid(), signal.SIGKILL)
            if said.quadrants[1] < ENDLESS_LOUDNESS:
                time.sleep(3600)
        return said


class ReadingTagger(LoudnessTagger):
    """Reads files as the real one does, and hears how loud they are.

    limits : as of the real one
    """

    version = "reading-1"

    def __init__(self, limits: AudioLimits = DROPPED) -> None:
        self._limits = limits

    def tag(self, path: Path) -> MusicScores | Message:
        """Return scores by loudness; a sentence for what cannot be read."""
        try:
            audio = read_audio(path, self._limits)
        except BadAudio as error:
            return error.message
        loudness = float(np.abs(audio.samples).mean())
        rest, feelings = (1 - loudness) / 3, (0.5,) * len(GEMS_FEELINGS)
        return MusicScores((rest, loudness, rest, rest), 0.0, loudness, feelings, audio.seconds)


def own_reading_tagger() -> ReadingTagger:
    """Return a tagger of the owner's files."""
    return ReadingTagger(OWN)


class BrokenTagger(LoudnessTagger):
    """Cannot be made."""

    def __init__(self) -> None:
        raise ValueError("The file music.tflite is not the one that the manifest names.")


class DeadTagger(LoudnessTagger):
    """Takes its process along."""

    def __init__(self) -> None:
        os._exit(3)


def write_wav(path: Path, loudness: float = 0.3, seconds: float = 0.2, rate: int = 8000) -> Path:
    """Write a WAV file that is as loud as that, 0..1; other numbers give other contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.full(int(seconds * rate), round(loudness * 2**15), dtype="<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())
    return path
