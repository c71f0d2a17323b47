"""What a picture file says of its parts: files that ask for hours are refused undecoded."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import suppress
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detectors.errors import BadImage
from detectors.pictures.decoding import decode_picture
from detectors.pictures.limits import MAX_BASELINE_PIXELS, MAX_PIXELS, WORKING_SIDE, check_content
from tests.fakes.picture_bombs import (
    BASELINE,
    EOI,
    FF,
    PNG,
    PNG_HEAD,
    PROGRESSIVE,
    READ,
    REFINEMENT,
    REFUSED,
    SOI,
    encoded,
    jpeg_of,
    segment,
)

# Of CPU and memory for a refusal; the larger files take some 50 ms on a free machine.
REFUSAL_S, REFUSAL_BYTES = 0.5, 1_000_000


@pytest.mark.parametrize("kind", REFUSED)
def test_what_asks_for_hours_is_refused_at_once(kind: str) -> None:
    content, said = REFUSED[kind]
    tracemalloc.start()
    start = thread_time()
    with pytest.raises(BadImage, match=said):
        check_content(content)
    took, peak = thread_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < REFUSAL_S
    assert peak < REFUSAL_BYTES


@pytest.mark.parametrize("kind", READ)
def test_what_is_odd_but_takes_no_longer_is_read(kind: str) -> None:
    assert check_content(READ[kind]) == (64, 64)
    if kind != "large chunks":  # Pillow has a limit of its own
        assert decode_picture(READ[kind]).width == 64


def test_a_large_jpeg_is_read_if_it_can_be_reduced_row_by_row() -> None:
    assert MAX_PIXELS == 4000 * 4000
    assert MAX_BASELINE_PIXELS == 10_000 * 10_000
    assert check_content(jpeg_of((10_000, 10_000))) == (10_000, 10_000)
    assert check_content(jpeg_of((4000, 4000), 0xC2)) == (4000, 4000)
    content = encoded("JPEG", 6000, "L")
    picture = decode_picture(content)
    assert (picture.width, picture.height, picture.scale) == (1920, 1920, WORKING_SIDE / 6000)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}])
def test_the_size_of_each_kind_of_webp_is_read(options: dict[str, object]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (321, 123)).save(file, "WEBP", **options)
    assert check_content(file.getvalue()) == (321, 123)


@given(
    start=st.sampled_from([SOI + FF, PNG[:PNG_HEAD], b"RIFFaaaaWEBPVP8X", BASELINE[:-2],
                           PROGRESSIVE[:-2]]),
    parts=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(segment, st.integers(1, 254), st.binary(max_size=40)),
            st.sampled_from([FF, EOI, SOI, b"\xff\xda", b"\xff\x00", b"\xff\xff", REFINEMENT]),
        ),
        max_size=20,
    ),
)  # fmt: skip
def test_any_bytes_have_a_size_or_are_refused(start: bytes, parts: list[bytes]) -> None:
    content = start + b"".join(parts)
    begun = thread_time()
    for read in (check_content, decode_picture):
        with suppress(BadImage):
            read(content)
    assert thread_time() - begun < 2 * REFUSAL_S
