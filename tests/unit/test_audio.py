"""Music files: read by content, resampled well, within limits; what is wrong is said."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from detectors import audio
from detectors.audio import (
    MAX_BYTES,
    MAX_CHANNELS,
    MAX_DECODED_SECONDS,
    MAX_RATE,
    MAX_SECONDS,
    MIN_RATE,
    RATE,
    SILENCE,
    read_audio,
)
from detectors.errors import BadAudio
from tests.fakes.damage import READ
from tests.fakes.sounds import KINDS, encode, pad, pattern, write

DATA = Path(__file__).parents[3] / "shared" / "data"
DEMO = DATA / "demo-audio"
CLIPS = DATA / "music-emotion"
needs_demo = pytest.mark.skipif(
    not DEMO.exists(), reason="needs the demo clips: ../shared/data/demo-audio"
)
needs_clips = pytest.mark.skipif(
    not CLIPS.exists(), reason="needs the labelled clips: ../shared/data/music-emotion"
)
LOSSLESS = (".wav", ".flac", ".alac", ".aiff")

Sound = NDArray[np.float32]


def tone(pitch: float, seconds: float, rate: int = 44_100, loudness: float = 0.5) -> Sound:
    time = np.arange(int(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def strongest(samples: Sound) -> float:
    """The frequency in Hz with the most energy."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


def loudness(samples: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def wav(
    samples: bytes, *, rate: int = 16_000, channels: int = 1, bits: int = 16, tag: int = 1
) -> bytes:
    """A WAV put together by hand, whatever it claims."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples


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


# --- lengths ---


@pytest.mark.parametrize("kind", [".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".aiff"])
def test_of_a_long_piece_the_middle_is_heard(kind: str) -> None:
    edge, middle = tone(440, 60, 22_050), tone(880, 90, 22_050)
    whole = read_audio(encode(np.concatenate([edge, middle, edge]), kind, 22_050))
    assert len(whole.samples) == MAX_DECODED_SECONDS * RATE
    assert whole.seconds == pytest.approx(210, rel=0.1)
    slack = 8 if kind == ".aac" else 2  # its length can only be guessed
    inner = whole.samples[slack * RATE : -slack * RATE]
    for part in np.array_split(inner, 8):
        assert strongest(part) == pytest.approx(880, abs=3)


def test_ninety_seconds_are_heard_whole() -> None:
    heard = read_audio(encode(tone(440, MAX_DECODED_SECONDS, 16_000), ".wav", 16_000))
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert heard.seconds == MAX_DECODED_SECONDS


def with_flac_length(content: bytes, samples: int) -> bytes:
    """Claim another number of samples in STREAMINFO (36 bits from byte 21 on)."""
    changed = bytearray(content)
    changed[21] = changed[21] & 0xF0 | samples >> 32
    changed[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    return bytes(changed)


def test_fifteen_minutes_by_the_header_are_taken_and_not_a_second_more() -> None:
    content = encode(pad(3, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, MAX_SECONDS * RATE))
    assert heard.seconds == MAX_SECONDS
    with pytest.raises(BadAudio, match="longer than 15 minutes"):
        read_audio(with_flac_length(content, (MAX_SECONDS + 1) * RATE))


def test_a_header_that_promises_more_than_there_is_loses_nothing() -> None:
    content = encode(pad(3, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, 200 * RATE))
    assert len(heard.samples) == pytest.approx(3 * RATE, abs=10)


def test_a_length_that_is_guessed_far_too_long_loses_nothing() -> None:
    """The length of a bare AAC is guessed from its first packets; these are tiny."""
    noise = np.random.default_rng(3).normal(0, 0.2, (12 * 44_100, 2)).astype(np.float32)
    content = encode(np.concatenate([np.zeros((12 * 44_100, 2), np.float32), noise]), ".aac")
    with audio._opened(content) as opened:
        assert (opened.duration or 0) / 1e6 > 2 * 24 + MAX_DECODED_SECONDS
    heard = read_audio(content)
    assert len(heard.samples) == pytest.approx(24 * RATE, rel=0.02)


class Stuck:
    """A container that cannot seek."""

    def __init__(self, content: bytes) -> None:
        self.real = real_opened(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.real.close()

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def seek(self, _: int) -> None:
        raise av.PermissionError(1, "Operation not permitted")


real_opened = audio._opened


def test_where_the_middle_cannot_be_found_the_beginning_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = np.concatenate([tone(440, 90, RATE), tone(880, 60, RATE)])
    monkeypatch.setattr(audio, "_opened", Stuck)
    heard = read_audio(encode(sound, ".flac", RATE))
    assert heard.seconds == 150
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert strongest(heard.samples[-10 * RATE :]) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("samples", [0, RATE // 2])
def test_a_header_without_a_length_or_with_too_short_a_one_is_capped(samples: int) -> None:
    content = encode(tone(300, 100, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, samples))
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert heard.seconds >= MAX_DECODED_SECONDS


@pytest.mark.parametrize("kind", [".wav", ".flac", ".mp3"])
def test_less_than_a_second_is_refused(kind: str) -> None:
    with pytest.raises(BadAudio, match="less than a second"):
        read_audio(encode(tone(440, 0.9), kind))
    assert read_audio(encode(tone(440, 1.1), kind)).seconds > 1


# --- nothing to hear, and what floating point may hold ---


@pytest.mark.parametrize("kind", READ)
def test_silence_has_no_mood(kind: str) -> None:
    with pytest.raises(BadAudio, match="silence has no mood"):
        read_audio(encode(np.zeros((44_100 * 2, 2), np.float32), kind))


def test_what_is_barely_louder_than_a_step_of_a_cd_is_sound() -> None:
    for louder, refused in ((0.9, True), (1.1, False)):
        samples = tone(440, 2, RATE, SILENCE * louder).astype("<f4").tobytes()
        content = wav(samples, bits=32, tag=3)
        if refused:
            with pytest.raises(BadAudio, match="silent"):
                read_audio(content)
        else:
            assert np.abs(read_audio(content).samples).max() > SILENCE


@pytest.mark.parametrize("rate", [RATE, 44_100])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e30, -3.0])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_odd_numbers_become_sound_between_one_and_minus_one(
    odd: float, rate: int, kind: str
) -> None:
    sound = np.repeat(tone(440, 3, rate)[:, None], 2, axis=1)
    sound[rate : rate + 50, 0] = odd
    samples = sound.astype(kind).tobytes()
    content = wav(samples, rate=rate, channels=2, bits=8 * np.dtype(kind).itemsize, tag=3)
    heard = read_audio(content).samples
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 1
    assert strongest(heard[: RATE // 2]) == pytest.approx(440, abs=2)
    assert strongest(heard[-RATE:]) == pytest.approx(440, abs=2)


def test_nothing_but_nan_is_silence() -> None:
    samples = np.full(2 * RATE, np.nan, "<f4").tobytes()
    with pytest.raises(BadAudio, match="silent"):
        read_audio(wav(samples, bits=32, tag=3))


# --- other limits ---


def test_25_mb_are_taken_and_a_byte_more_is_not(tmp_path: Path) -> None:
    content = encode(pad(2), ".wav")
    path = tmp_path / "a.wav"
    path.write_bytes(content + bytes(MAX_BYTES - len(content)))
    assert read_audio(path).seconds >= 2
    with path.open("ab") as file:
        file.write(b"\0")
    for source in (path, path.read_bytes()):
        with pytest.raises(BadAudio, match="larger than 25 MB"):
            read_audio(source)


@pytest.mark.parametrize("rate", [MIN_RATE - 1, 1, 0, MAX_RATE + 1, 655_350, 2**31 - 1])
def test_a_rate_that_no_music_has_is_refused(rate: int) -> None:
    with pytest.raises(BadAudio):
        read_audio(wav(bytes(200_000), rate=rate))


@pytest.mark.parametrize("rate", [MIN_RATE, MAX_RATE])
def test_the_lowest_and_highest_rate_are_read(rate: int) -> None:
    samples = (tone(440, 2, rate) * 32767).astype("<i2").tobytes()
    assert strongest(read_audio(wav(samples, rate=rate)).samples) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("channels", [MAX_CHANNELS + 1, 255, 32_767])
def test_more_channels_than_music_has_are_refused(channels: int) -> None:
    with pytest.raises(BadAudio, match=r"channels|no sound"):
        read_audio(wav(bytes(400_000), channels=channels))


# --- what is no music, and no file ---


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for path in (tmp_path / "none.mp3", tmp_path, tmp_path / "pipe.mp3", Path("a\0b.mp3")):
        with pytest.raises(BadAudio, match=r"^(This is not|The music file is missing)"):
            read_audio(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", bytes(5000), b"ID3", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVE",
                b"\0\0\0\x14ftypM4A ", b"\xff\xfb\x90\x64", b"FORM\0\0\0\0AIFF", b"<svg/>"],
)  # fmt: skip
def test_what_is_no_music_is_refused(content: bytes) -> None:
    with pytest.raises(BadAudio):
        read_audio(content)


def test_another_kind_of_music_is_refused() -> None:
    assert ".wma" in KINDS
    with pytest.raises(BadAudio, match="not music of a kind that is read"):
        read_audio(encode(pad(2), ".wma"))


def test_another_codec_in_a_known_container_is_refused() -> None:
    with pytest.raises(BadAudio, match="of a kind that is not read"):
        read_audio(encode(pad(2), ".wav", codec="adpcm_ms"))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 64
        for _ in range(20):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        file.mux(stream.encode(None))
    return path


def test_a_film_without_sound_is_refused(film: Path) -> None:
    with pytest.raises(BadAudio, match="holds no sound"):
        read_audio(film)


def test_pictures_are_not_decoded_even_to_find_out_what_they_are(film: Path) -> None:
    """Only a decoder knows the layout of the pixels; ours may not run."""
    with av.open(str(film)) as opened:
        assert opened.streams.video[0].codec_context.pix_fmt is not None
    with audio._opened(film.read_bytes()) as opened:
        assert opened.streams.video[0].codec_context.pix_fmt is None


# --- files that point to other files ---


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return write(tmp_path / "target.aac", pad(12))


def hls(target: Path) -> str:
    return (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:12\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXTINF:12,\n{target.name}\n#EXT-X-ENDLIST\n"
    )


def concat(target: Path) -> str:
    return f"ffconcat version 1.0\nfile {target.name}\n"


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp3", "list.txt"])
@pytest.mark.parametrize("script", [hls, concat])
def test_a_playlist_opens_nothing(script: object, name: str, target: Path) -> None:
    assert callable(script)
    path = target.with_name(name)
    path.write_text(script(target))
    for source in (path, path.read_bytes()):
        with pytest.raises(BadAudio, match="not music of a kind"):
            read_audio(source)


@pytest.mark.parametrize(("script", "name"), [(hls, "list.m3u8"), (concat, "list.ffconcat")])
def test_such_a_playlist_would_open_it_without_our_limits(
    script: object, name: str, target: Path
) -> None:
    assert callable(script)
    path = target.with_name(name)
    path.write_text(script(target))
    with av.open(str(path)) as opened:
        assert opened.streams.audio


@pytest.mark.parametrize("script", [hls, concat])
def test_a_container_that_asks_for_another_file_gets_none(
    script: object, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further fences, should a container that is let in ever ask."""
    assert callable(script)
    asked: list[object] = []

    def refuse(*request: object) -> None:
        asked.append(request[0])
        real(*request)

    class Named(io.BytesIO):  # libav takes nothing for HLS that is not called so
        name = "list.m3u8"

    real = audio._refuse
    monkeypatch.setattr(audio, "io", SimpleNamespace(BytesIO=Named))
    monkeypatch.chdir(target.parent)
    monkeypatch.setattr(audio, "_refuse", refuse)
    monkeypatch.setitem(audio._OPTIONS, "format_whitelist", "concat,hls,aac")
    monkeypatch.setitem(audio._OPTIONS, "allowed_extensions", "ALL")
    with pytest.raises(BadAudio):
        read_audio(script(target).encode())
    assert asked or script is concat  # which asks libav directly, and that knows no protocol


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
