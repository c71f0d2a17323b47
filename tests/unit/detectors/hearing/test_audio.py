"""Music files: read by content, resampled well; what the channels and tags do to them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import resample_poly

from detectors.hearing.audio import MAX_CHANNELS, RATE, read_audio
from tests.fakes.damage import READ
from tests.fakes.sounds import encode, pad, pattern, write
from tests.fakes.tones import loudness, strongest, tone, wav

DATA = Path(__file__).parents[5] / "shared" / "data"
DEMO = DATA / "demo-audio"
CLIPS = DATA / "music-emotion"
needs_demo = pytest.mark.skipif(
    not DEMO.exists(), reason="needs the demo clips: ../shared/data/demo-audio"
)
needs_clips = pytest.mark.skipif(
    not CLIPS.exists(), reason="needs the labelled clips: ../shared/data/music-emotion"
)
LOSSLESS = (".wav", ".flac", ".alac", ".aiff")


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("make", [pad, pattern])
def test_every_kind_is_read_and_sounds_as_it_did(kind: str, make: object, tmp_path: Path) -> None:
    assert callable(make)
    sound = make(4)
    heard = read_audio(write(tmp_path / f"sound{kind}", np.stack([sound, sound], 1)))
    expected = resample_poly(sound, 160, 441)
    assert heard.samples.dtype == np.float32
    assert heard.seconds == pytest.approx(4, rel=0.15 if kind == ".aac" else 0.02)  # AAC: a guess
    assert len(heard.samples) == pytest.approx(4 * RATE, abs=2500)
    assert loudness(heard.samples) == pytest.approx(loudness(expected), rel=0.1)
    if kind in LOSSLESS:
        assert len(heard.samples) == pytest.approx(len(expected), abs=2)
        count = min(len(expected), len(heard.samples))
        error = heard.samples[:count] - expected[:count]
        assert loudness(error) < 0.02 * loudness(expected)


def test_bytes_and_a_file_give_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", pad(3))
    np.testing.assert_array_equal(read_audio(path).samples, read_audio(path.read_bytes()).samples)


@pytest.mark.parametrize("name", ["a.m3u8", "a.jpg", "a", "a.wav", "a.concat"])
def test_the_name_says_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(encode(pad(2), ".mp3"))
    assert read_audio(path).seconds == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_pitch_and_loudness_survive_resampling(rate: int) -> None:
    heard = read_audio(encode(tone(1000, 3, rate), ".flac", rate)).samples
    assert len(heard) == pytest.approx(3 * RATE, abs=20)
    assert strongest(heard) == pytest.approx(1000, abs=1)
    assert loudness(heard[1000:-1000]) == pytest.approx(0.5 / np.sqrt(2), rel=0.005)


@pytest.mark.parametrize(
    ("pitch", "least", "most"), [(7000, 0.9, 1.01), (9500, 0, 0.003), (15_000, 0, 0.003)]
)
def test_what_16_khz_cannot_hold_is_left_out_and_not_folded_back(
    pitch: float, least: float, most: float
) -> None:
    heard = read_audio(encode(tone(pitch, 3) + tone(500, 3, loudness=0.01), ".flac")).samples
    share = loudness(heard[1000:-1000]) * np.sqrt(2) / 0.5
    assert least <= share <= most + 0.02


def test_stereo_is_averaged() -> None:
    both = np.stack([tone(500, 2), tone(2000, 2)], 1)
    heard = read_audio(encode(both, ".flac")).samples
    spectrum = np.abs(np.fft.rfft(heard[:RATE])) / RATE * 2
    assert spectrum[500] == pytest.approx(0.25, rel=0.02)
    assert spectrum[2000] == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("kind", [".wav", ".flac", ".alac"])
def test_channels_that_cancel_each_other_out_are_heard_all_the_same(kind: str) -> None:
    sound = tone(700, 2)
    heard = read_audio(encode(np.stack([sound, -sound], 1), kind)).samples
    assert strongest(heard) == pytest.approx(700, abs=1)
    assert loudness(heard) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_surround_is_read() -> None:
    heard = read_audio(encode(np.stack([tone(600, 2)] * 6, 1), ".flac")).samples
    assert strongest(heard) == pytest.approx(600, abs=1)


@pytest.mark.parametrize("channels", [3, 5, MAX_CHANNELS])
def test_channels_without_names_are_read(channels: int) -> None:
    samples = (np.repeat(tone(600, 2, 16_000), channels) * 32767).astype("<i2").tobytes()
    assert strongest(read_audio(wav(samples, channels=channels)).samples) == pytest.approx(600)


def test_a_sound_that_changes_its_kind_midway_is_read() -> None:
    first, second = encode(tone(500, 3), ".mp3"), encode(tone(500, 3, 22_050), ".mp3", 22_050)
    heard = read_audio(first + second).samples
    assert len(heard) > 5.5 * RATE
    assert strongest(heard) == pytest.approx(500, abs=2)


@pytest.mark.parametrize("kind", [".mp3", ".flac", ".m4a", ".wav"])
def test_tags_in_any_encoding_do_no_harm(kind: str) -> None:
    content = encode(pad(2), kind, tags={"title": "XXXXXXXX"})
    place = content.index(b"XXXXXXXX")
    damaged = content[:place] + b"S\xfcnde\xff\xfe\x80" + content[place + 8 :]
    assert read_audio(damaged).seconds == pytest.approx(2, abs=0.1)


# --- real music ---


@needs_demo
def test_every_demo_clip_is_read() -> None:
    clips = sorted(DEMO.glob("*.ogg"))
    assert len(clips) == 34
    for clip in clips:
        heard = read_audio(clip)
        assert heard.seconds == pytest.approx(20, abs=1), clip.name
        assert len(heard.samples) == pytest.approx(heard.seconds * RATE, abs=RATE // 10)
        assert loudness(heard.samples) > 0.005


@needs_clips
@pytest.mark.parametrize("folder", ["4q", "emotify"])
def test_labelled_clips_agree_with_another_resampler(folder: str) -> None:
    for clip in sorted((CLIPS / folder).rglob("*.opus"))[:5]:
        with av.open(str(clip)) as file:
            native = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
        expected = resample_poly(native, 1, 3).clip(-1, 1)
        heard = read_audio(clip).samples
        assert len(heard) == pytest.approx(len(expected), abs=20)
        count = min(len(heard), len(expected))
        error = np.abs(np.fft.rfft(heard[:count] - expected[:count]))
        whole = np.abs(np.fft.rfft(expected[:count]))
        low = len(whole) * 7 // 8  # the two filters differ just below 8 kHz
        assert np.linalg.norm(error[:low]) < 0.02 * np.linalg.norm(whole[:low])
