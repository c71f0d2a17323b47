"""Large files: the owner's are heard, and the same ones are refused when somebody drops them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from detectors.hearing import music
from detectors.hearing.audio import RATE
from detectors.hearing.music import MusicTagger, own_tagger
from detectors.types import GEMS_FEELINGS, QUADRANTS, Message, MusicScores
from detectors.weights import ModelFile
from pages.ui import resources
from recommender.__main__ import music_tagger
from recommender.library.pool import IdleWorker
from recommender.library.recordings import OWNER, Recordings, Scope
from recommender.library.tagging import tag_folders
from recommender.library.uploads import FOLDER, save_upload
from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.fakes.taggers import Here, ReadingTagger, own_reading_tagger
from tests.fakes.tones import large_wav

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

ME = id_of("me")
LARGE = 40 * 1024**2


def test_a_large_file_is_tagged_in_a_folder_and_refused_when_dropped(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    path = large_wav(tmp_path / "music" / "large.wav", LARGE)
    report = tag_folders(engine, [path.parent], own_reading_tagger, workers=1)
    assert (report.tagged, report.problems) == (1, ())
    (kept,) = Recordings(engine).of(OWNER)
    assert kept.seconds == pytest.approx(LARGE / 4 / 44_100, abs=0.1)
    assert kept.energy > 0.1
    worker = IdleWorker(ReadingTagger)
    answer = save_upload(engine, tmp_path, ME, "large.wav", path.read_bytes(), worker)
    assert answer == Message("upload-too-large", {"most": 25})
    assert not worker.is_ready
    assert not (tmp_path / FOLDER).exists()
    assert Recordings(engine).of(Scope(ME)) == []
    # Who would let it through to the reader gets no further.
    assert Here(ReadingTagger()).tagger.tag(path) == Message("audio-too-large", {"most": 25})
    engine.dispose()


@pytest.fixture
def _no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tagger whose nets say nothing, so that only what it reads counts."""

    facts = {
        "outputs": dict.fromkeys([*music.PARTS][:-1], 1),
        "quadrant_labels": [*QUADRANTS],
        "feeling_labels": [*GEMS_FEELINGS],
    }
    entry = ModelFile(tmp_path / "none.tflite", "0" * 64, facts)

    def hear(_self: MusicTagger, samples: NDArray[np.float32]) -> MusicScores:
        assert len(samples) > RATE
        return MusicScores((0.25,) * 4, 0.0, 0.5, (0.5,) * len(GEMS_FEELINGS))

    monkeypatch.setattr(music, "read_manifest", lambda _: {"taggers": entry, "head": entry})
    monkeypatch.setattr(music, "Network", lambda _: None)
    monkeypatch.setattr(MusicTagger, "hear", hear)


@pytest.mark.usefixtures("_no_models")
def test_the_real_tagger_takes_large_files_only_for_the_owner(tmp_path: Path) -> None:
    path = large_wav(tmp_path / "large.wav", LARGE)
    assert MusicTagger().tag(path) == Message("audio-too-large", {"most": 25})
    assert isinstance(own_tagger().tag(path), MusicScores)


def test_folders_are_heard_with_the_owners_limits_and_drops_with_the_others() -> None:
    assert music_tagger() is own_tagger
    assert resources._own_tagger() is own_tagger
    assert resources.upload_tagger()._factory is MusicTagger
    # What other processes make anew, and a Dask worker keeps as long as it is the same.
    for factory in (own_tagger, MusicTagger):
        assert pickle.loads(pickle.dumps(factory)) is factory  # noqa: S301 - our own
