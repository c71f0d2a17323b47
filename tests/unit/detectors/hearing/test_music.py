"""The tagger of music: scores in the plane, and files that cannot be used.

What it says of sounds made here tries the plumbing: how good it is on music, the card says.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from detectors.hearing.audio import read_audio
from detectors.hearing.audio_limits import DROPPED, OWN, AudioLimits
from detectors.hearing.music import MusicTagger, own_tagger, scores_of
from detectors.hearing.spectrogram import RATE
from detectors.types import GEMS_FEELINGS, Message, MusicScores
from recommender.wording import sentence
from tests.fakes import sounds

if TYPE_CHECKING:
    from pathlib import Path

EVEN = np.full((1, 4), 0.25)
NINE = np.full((1, 9), 0.5)


@pytest.fixture(scope="module")
def tagger() -> MusicTagger:
    return MusicTagger()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A slow minor pad and a fast major pattern, 12 seconds each."""
    folder = tmp_path_factory.mktemp("songs")
    return {
        "pad": sounds.write(folder / "pad.flac", sounds.pad(12)),
        "pattern": sounds.write(folder / "pattern.mp3", sounds.pattern(12)),
    }


def heard(tagger: MusicTagger, path: Path) -> MusicScores:
    scores = tagger.tag(path)
    assert isinstance(scores, MusicScores), scores
    assert scores.seconds == read_audio(path, OWN).seconds
    return scores


@pytest.mark.parametrize(
    ("norms", "valence", "energy"),
    [
        ((1, 1), -1, 0),
        ((5, 5), 0, 0.5),
        ((9, 9), 1, 1),
        ((3, 9), -0.5, 1),
        ((7, 2), 0.5, 0.125),
        ((0.5, -3), -1, 0),
        ((12, 9.5), 1, 1),
    ],
)
def test_the_scale_of_the_norms_is_laid_onto_the_plane_and_cut_at_its_ends(
    norms: tuple[float, float], valence: float, energy: float
) -> None:
    (scores,) = scores_of(EVEN, np.array([norms], float), NINE)
    assert (scores.valence, scores.energy) == (valence, energy)


def test_shares_of_listeners_are_cut_and_each_row_keeps_its_own() -> None:
    feelings = np.array([[-0.2, 1.3, *np.linspace(0, 1, 7)], np.linspace(0.1, 0.9, 9)])
    quadrants = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.2, 0]])
    first, second = scores_of(quadrants, np.array([[5, 1], [9, 5.0]]), feelings)
    assert first.feelings == (0, 1, *np.linspace(0, 1, 7))
    assert second.feelings == pytest.approx(np.linspace(0.1, 0.9, 9))
    assert first.quadrants == (0.1, 0.2, 0.3, 0.4)
    assert second.quadrants == (0.7, 0.1, 0.2, 0)
    assert (first.valence, first.energy, second.valence, second.energy) == (0, 0, 1, 0.5)
    assert {type(value) for value in (first.valence, *first.quadrants, *first.feelings)} == {float}


def test_of_no_embedding_there_are_no_scores() -> None:
    assert scores_of(np.empty((0, 4)), np.empty((0, 2)), np.empty((0, 9))) == []


def test_a_slow_minor_pad_has_less_energy_than_a_fast_major_pattern(
    tagger: MusicTagger, songs: dict[str, Path]
) -> None:
    pad, pattern = (heard(tagger, songs[name]) for name in ("pad", "pattern"))
    assert pad.energy < pattern.energy - 0.1
    assert pad.valence < pattern.valence - 0.1
    assert pad.quadrants[0] + pad.quadrants[1] < 0.5 < sum(pattern.quadrants[:2])
    feeling = dict(zip(GEMS_FEELINGS, range(9), strict=True))
    assert pad.feelings[feeling["calmness"]] > pattern.feelings[feeling["calmness"]] + 0.2
    joyful = feeling["joyful_activation"]
    assert pad.feelings[joyful] < pattern.feelings[joyful] - 0.2


def test_the_same_file_has_the_same_scores_whatever_was_heard_before(
    tagger: MusicTagger, songs: dict[str, Path]
) -> None:
    first = heard(tagger, songs["pad"])
    assert heard(tagger, songs["pattern"]) != first
    assert heard(tagger, songs["pad"]) == first
    assert heard(MusicTagger(), songs["pad"]) == first


def test_the_kind_of_file_hardly_matters(tagger: MusicTagger, tmp_path: Path) -> None:
    sound = sounds.pattern(6)
    files = [sounds.write(tmp_path / f"x{kind}", sound) for kind in (".wav", ".flac", ".ogg")]
    wav, flac, ogg = (heard(tagger, file) for file in files)
    assert wav == flac
    assert ogg.valence == pytest.approx(wav.valence, abs=0.1)
    assert ogg.energy == pytest.approx(wav.energy, abs=0.1)


@pytest.mark.parametrize(
    "sound",
    [
        np.full(RATE, 0.5),
        np.eye(1, RATE)[0],
        np.sign(np.sin(np.arange(3 * RATE) * 0.3)),
        np.random.default_rng(0).uniform(-1, 1, 90 * RATE),
    ],
    ids=["constant", "click", "clipped", "noise of 90 seconds"],
)
def test_any_sound_of_a_second_or_more_has_scores(
    tagger: MusicTagger, sound: np.ndarray[Any, Any]
) -> None:
    scores = tagger.hear(sound.astype(np.float32))
    assert sum(scores.quadrants) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("content", [None, b"", b"RIFF", b"no music at all" * 100])
def test_a_bad_file_is_one_sentence(
    tagger: MusicTagger, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "x.mp3").write_bytes(content)
    message = tagger.tag(tmp_path / "x.mp3")
    assert isinstance(message, Message)
    said = sentence(message)
    assert said.endswith(".")
    assert str(tmp_path) not in said
    assert len(said.splitlines()) == 1


def test_silence_and_a_folder_are_one_sentence(tagger: MusicTagger, tmp_path: Path) -> None:
    silent = sounds.write(tmp_path / "silent.wav", np.zeros(3 * RATE, np.float32), RATE)
    assert tagger.tag(silent) == Message("audio-silent")
    assert tagger.tag(tmp_path) == Message("audio-no-file")


def test_the_owners_own_files_may_be_larger(
    songs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OWN.max_bytes > DROPPED.max_bytes
    assert OWN.max_seconds > DROPPED.max_seconds
    monkeypatch.setattr("detectors.hearing.music.OWN", AudioLimits(2 * 1024**2, 5))
    assert own_tagger().tag(songs["pad"]) == MusicTagger(limits=AudioLimits(2 * 1024**2, 5)).tag(
        songs["pad"]
    )
    assert own_tagger().tag(songs["pad"]) == Message("audio-too-long", {"minutes": 0})
    # Other processes make it.
    assert pickle.loads(pickle.dumps(own_tagger)) is own_tagger  # noqa: S301 - our own bytes
