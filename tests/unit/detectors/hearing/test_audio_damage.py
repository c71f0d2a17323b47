"""Damaged music files: only BadAudio, soon, and libav keeps quiet."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import BadAudio
from detectors.hearing import audio
from detectors.hearing.audio import RATE, read_audio
from tests.fakes.damage import READ, attempt, mutated, originals, with_right_sums
from tests.fakes.memory import MAX_GROWTH_MB, run_python
from tests.fakes.sounds import encode, pad

MUTATIONS = 480
MANY_MUTATIONS = 10_000
# What any damaged file of a second or two may take, in seconds of CPU: a bound, not a benchmark.
MAX_CPU_SECONDS = 5

SMALL = originals()


def read_mutated(count: int, seed: int) -> None:
    """Read mutated files in a process of their own: a crash in there is a failure here."""
    done = run_python("-m", "tests.fakes.damage", str(count), str(seed))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # libav says nothing although it was told that it may
    said = json.loads(done.stdout)
    for kind, (refused, read) in said["outcomes"].items():
        assert refused, f"all mutated {kind} were read"
        assert read, f"all mutated {kind} were refused"
    assert said["slowest"] <= MAX_CPU_SECONDS
    assert said["growth_mb"] <= MAX_GROWTH_MB


@pytest.mark.slow
def test_mutated_files_are_sound_or_refused() -> None:
    read_mutated(MUTATIONS, seed=1)


@pytest.mark.soak
def test_very_many_mutated_files_are_sound_or_refused() -> None:
    read_mutated(MANY_MUTATIONS, seed=2)


def test_mutations_are_the_same_each_time_and_ogg_pages_have_right_sums() -> None:
    for content in originals().values():
        first, second = (mutated(content, random.Random(5)) for _ in range(2))  # noqa: S311
        assert first == second
    ogg = originals()[".ogg"]
    assert with_right_sums(ogg) == ogg


@pytest.mark.parametrize("kind", READ)
def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes_or_refused(kind: str) -> None:
    content = encode(np.stack([pad(4, RATE)] * 2, 1), kind, RATE)
    lengths = {len(content) * share // 20 for share in range(20)}
    outcomes = [attempt(content[:length]) for length in sorted(lengths)]
    assert not outcomes[0]
    assert outcomes == sorted(outcomes)  # more of it is never worse
    # An M4A's index is at its end.
    assert outcomes[-1] == (kind not in (".m4a", ".alac"))


@given(content=st.binary(max_size=400), start=st.sampled_from([b"", b"fLaC\0\0\0\x22", b"ID3\4\0\0",
       b"OggS\0\2", b"RIFF\xff\0\0\0WAVEfmt ", b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80",
       b"\0\0\0\x18ftypM4A \0\0\2\0M4A isom", b"FORM\0\0\xff\0AIFFCOMM"]))  # fmt: skip
def test_any_bytes_are_refused(start: bytes, content: bytes) -> None:
    assert not attempt(start + content)


@given(seed=st.integers(0, 2**32), kind=st.sampled_from([".flac", ".m4a", ".mp3", ".opus"]))
def test_any_mutation_is_sound_or_refused(seed: int, kind: str) -> None:
    attempt(mutated(SMALL[kind], random.Random(seed)))  # noqa: S311


def test_what_a_decoder_raises_becomes_bad_audio(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(audio, "_mono", fail)
    with pytest.raises(BadAudio, match="audio-damaged"):
        read_audio(SMALL[".mp3"])


def test_mostly_damaged_packets_are_refused() -> None:
    """The header and the index stand; what they point to is noise."""
    content = bytearray(encode(pad(5), ".m4a"))
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = random.Random(3).randbytes(end - start)  # noqa: S311
    with pytest.raises(BadAudio, match="audio-damaged"):
        read_audio(bytes(content))
