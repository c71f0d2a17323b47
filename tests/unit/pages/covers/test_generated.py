"""Generated covers: safe, wordless, the same each time, and different from song to song."""

from __future__ import annotations

import base64
import math
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.covers.generated import (
    PALETTES,
    cover_data_uri,
    cover_svg,
    different_motifs,
    own_motif,
    palette_of,
)
from pages.ui.covers.motifs import MOTIFS
from recommender.catalogue.starter import STARTER, read_songs
from recommender.types import SourceName, Track

if TYPE_CHECKING:
    from pages.ui.covers.generated import Palette
    from pages.ui.covers.motifs import Motif

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("circle", "ellipse", "path", "polygon", "polyline", "rect")
ALLOWED = {f"{SVG}{tag}" for tag in ("svg", "defs", "linearGradient", "stop", "g", *SHAPES)}
EVERY_PALETTE = [palette for palettes in PALETTES.values() for palette in palettes]


def song(
    title: str = "Imagine",
    artist: str = "John Lennon",
    valence: float | None = None,
    energy: float | None = None,
    *,
    artists: tuple[str, ...] = (),
    key: str = "1",
) -> Track:
    return Track(
        title=title,
        artists=artists or (artist,),
        source=SourceName.CATALOGUE,
        source_id=key,
        valence=valence,
        energy=energy,
    )


def parsed(track: Track) -> ET.Element:
    return ET.fromstring(cover_svg(track))  # noqa: S314 - our own picture


def assert_safe(track: Track) -> None:
    root = parsed(track)
    assert {node.tag for node in root.iter()} <= ALLOWED
    for node in root.iter():
        for name, value in node.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name.lower()
            if name != "aria-label":
                assert "script" not in value.lower()
                assert "url(" not in value or re.fullmatch(r"url\(#cover-[0-9a-f-]+\)", value)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "](javascript:alert(1))",
        '"/><image href="https://example.org/x.png"/>',
        "' onload='alert(1)",
        "]]> &lt; &amp; <!-- -->",
        "\u202eevil\u202c \u2066x\u2069",
        "\u200f\u200eمرحبا\u200f",  # noqa: RUF001 - Arabic it shall be
        "nul\x00 bell\x07 \ufffe \ud800 end",
        "\u202e",
        "x" * 500,
        "שלום " * 100,
        "歌" * 500,
        "é" * 250,
        "👩‍👩‍👧‍👦" * 40,
        "தமிழ் " * 80,
    ],
)
def test_texts_from_outside_stay_texts(text: str) -> None:
    for track in (song(title=text), song(artist=text)):
        assert_safe(track)
        base64.b64decode(cover_data_uri(track).partition(",")[2], validate=True).decode()


def contrast(first: str, second: str) -> float:
    """Return the contrast of two #rrggbb colours as WCAG 2 defines it, 1..21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    dark = part <= 0.04045
    return part / 12.92 if dark else math.pow((part + 0.055) / 1.055, 2.4)


def test_the_label_names_the_song_and_nothing_is_written_on_the_cover() -> None:
    root = parsed(song(title="<script>x</script>"))
    assert root.get("aria-label") == "<script>x</script> – John Lennon"
    assert not "".join(root.itertext()).strip()


def test_marks_that_reorder_words_are_dropped() -> None:
    svg = cover_svg(song(title="\u202eabc\u202c", artist="\u2066x\u2069y"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", svg)


@given(title=st.text(min_size=1, max_size=500), artist=st.text(min_size=1, max_size=500))
def test_any_text_gives_a_safe_picture(title: str, artist: str) -> None:
    if title.strip() and artist.strip():
        assert_safe(song(title=title, artist=artist))


@pytest.mark.parametrize("palette", EVERY_PALETTE, ids=lambda palette: palette.ground[0])
def test_one_of_the_shapes_stands_out_from_the_ground(palette: Palette) -> None:
    strongest = max(
        min(contrast(shape, shade) for shade in palette.ground) for shape in palette.shapes
    )
    assert strongest >= 2


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_each_palette_has_its_own_ground() -> None:
    starts = [palette.ground[0] for palette in EVERY_PALETTE]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("place", PALETTES)
def test_the_mood_chooses_the_colours(place: tuple[float, float]) -> None:
    assert palette_of(song(valence=place[0], energy=place[1]), 1) == PALETTES[place][1]


def test_a_song_without_a_place_gets_colours_of_the_middle() -> None:
    assert palette_of(song(), 0) in PALETTES[0.0, 0.5]


def test_the_same_song_always_looks_the_same() -> None:
    assert cover_svg(song(valence=0.3, energy=0.8)) == cover_svg(song(valence=0.3, energy=0.8))
    assert cover_svg(song()) != cover_svg(song(title="Jealous Guy"))
    assert cover_svg(song()) == cover_svg(song(), own_motif(song()))


def some(count: int, first: int = 0) -> list[Track]:
    return [song(f"Song {n}", key=f"{n}") for n in range(first, first + count)]


@pytest.mark.parametrize("count", [0, 1, len(MOTIFS), 40])
def test_a_motif_comes_back_only_after_all_others(count: int) -> None:
    motifs = list(different_motifs(some(count), {}).values())
    assert len(motifs) == count
    for place in range(count):
        near = motifs[place : place + len(MOTIFS)]
        assert len(set(near)) == len(near)


def test_one_song_alone_has_its_own_motif() -> None:
    for track in some(len(MOTIFS)):
        assert different_motifs([track], {}) == {track.source_id: own_motif(track)}


def test_a_song_that_comes_in_place_of_another_changes_no_other_cover() -> None:
    shown = some(12)
    drawn = different_motifs(shown, {})
    new = song("New", key="new")
    shown[4] = new
    again = different_motifs(shown, drawn)
    assert {key: again[key] for key in drawn if key in again} == {
        key: motif for key, motif in drawn.items() if key != "4"
    }
    assert again["new"] not in {motif for key, motif in again.items() if key != "new"}


def test_all_motifs_and_palettes_are_used_and_no_id_is_shared() -> None:
    identities = {}
    grounds, motifs = set(), set()
    for entry in read_songs(STARTER.read_bytes()):
        track = song(
            entry.title, artists=entry.artists, valence=2 * entry.valence - 1, energy=entry.energy
        )
        root = parsed(track)
        gradient = root.find(f"{SVG}defs/{SVG}linearGradient")
        assert gradient is not None
        assert identities.setdefault(gradient.get("id"), entry) == entry
        grounds.add(gradient[0].get("stop-color"))
        picture = root.find(f"{SVG}g")
        assert picture is not None
        motifs.add(tuple(node.tag for node in picture.iter())[:3])
    assert grounds == {palette.ground[0] for palette in EVERY_PALETTE}
    assert len(motifs) >= 6


@pytest.mark.parametrize("motif", MOTIFS)
@pytest.mark.parametrize("byte", [0, 1, 127, 128, 254, 255])
def test_every_motif_copes_with_every_seed(motif: Motif, byte: int) -> None:
    picture = motif(bytes([byte]) * 29, ("#112233", "#445566"))
    assert "nan" not in picture
    ET.fromstring(f"<g>{picture}</g>")  # noqa: S314 - our own picture
    assert " id=" not in picture
