"""Small music files that claim or unpack to gigabytes: they take little memory."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from detectors.errors import BadAudio
from detectors.hearing import audio_container
from detectors.hearing.audio import MAX_DECODED_SECONDS, RATE, read_audio
from detectors.hearing.audio_container import MAX_BLOCK, MAX_STREAMS
from tests.fakes.damage import attempt
from tests.fakes.memory import MAX_GROWTH_MB, growth_mb, needs_proc
from tests.fakes.sound_bombs import (
    alac_with_endless_block,
    flac,
    m4a_with_endless_fragment,
    m4a_with_endless_index,
    m4a_with_zipped_header,
    mp3_with_cover,
    mp3_with_huge_cover,
    png,
)
from tests.fakes.sounds import encode, pad

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def grown_mb(content: bytes, folder: Path, first: str = "") -> tuple[int, str]:
    (folder / "bomb").write_bytes(content)
    return growth_mb(folder / "bomb", first=first)


def test_the_flac_made_by_hand_is_read_and_one_with_an_impossible_rate_is_not() -> None:
    levels = [8000, -8000] * 4
    assert read_audio(flac(levels, claimed=None)).seconds == pytest.approx(8 * 65_535 / 44_100)
    assert read_audio(flac(levels, claimed=None, rate=192_000)).seconds > 2
    with pytest.raises(BadAudio, match="rate=655350"):
        read_audio(flac(levels * 4, claimed=None, rate=655_350))


@needs_proc
@pytest.mark.parametrize(
    ("levels", "claimed", "says"),
    [
        ([0] * 15_000, None, "audio-too-long minutes=15"),
        ([0] * 15_000, 44_100 * 60, "audio-too-long minutes=15"),
        ([8000, -8000] * 7_500, 0, "audio-too-long minutes=15"),
        ([0] * 600, 0, "silen"),
        ([8000, -8000] * 300, 0, str(MAX_DECODED_SECONDS * RATE)),
    ],
)
def test_a_flac_that_unpacks_to_gigabytes_takes_little_memory(
    levels: list[int], claimed: int | None, says: str, tmp_path: Path
) -> None:
    content = flac(levels, claimed=claimed)
    assert len(content) < 300_000
    assert len(levels) * 65_535 * 4 > 1.5e8
    growth, said = grown_mb(content, tmp_path)
    assert says in said
    assert growth <= MAX_GROWTH_MB


@needs_proc
@pytest.mark.parametrize(
    "make",
    [
        m4a_with_endless_index,
        m4a_with_endless_fragment,
        m4a_with_zipped_header,
        alac_with_endless_block,
        mp3_with_huge_cover,
    ],
)
def test_a_bomb_takes_little_memory(make: Callable[[], bytes], tmp_path: Path) -> None:
    content = make()
    assert len(content) < 300_000
    growth, _ = grown_mb(content, tmp_path)
    assert growth <= MAX_GROWTH_MB


@needs_proc
def test_the_measure_sees_a_bomb_that_goes_off(tmp_path: Path) -> None:
    unlimited = "from detectors.hearing import audio_container as a; a.MAX_BLOCK = 2**31 - 1"
    growth, _ = grown_mb(m4a_with_zipped_header(), tmp_path, unlimited)
    assert growth > 2 * MAX_GROWTH_MB
    assert MAX_BLOCK < MAX_GROWTH_MB * 1024 * 1024


def test_a_libav_without_that_limit_reads_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_container.ctypes, "CDLL", lambda _: object())
    assert attempt(encode(pad(2), ".flac"))


@pytest.mark.parametrize("size", [100_000, 3_000_000, 12_000_000])
def test_a_cover_of_any_size_is_passed_over(size: int) -> None:
    noise = random.Random(1).randbytes(size)  # noqa: S311
    content = mp3_with_cover(b"\xff\xd8\xff\xe0" + noise, "image/jpeg")
    assert read_audio(content).seconds == pytest.approx(3, abs=0.2)


def test_no_frame_may_hold_more_samples_than_we_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(pad(3), ".flac")
    assert read_audio(content).seconds == 3
    monkeypatch.setitem(audio_container.OPTIONS, "max_samples", "1000")
    with pytest.raises(BadAudio):
        read_audio(content)


def test_a_file_may_have_some_covers_and_not_very_many() -> None:
    few = mp3_with_cover(png(64), "image/png", MAX_STREAMS - 1)
    assert read_audio(few).seconds == pytest.approx(3, abs=0.2)
    with pytest.raises(BadAudio):
        read_audio(mp3_with_cover(png(64), "image/png", MAX_STREAMS + 1))
