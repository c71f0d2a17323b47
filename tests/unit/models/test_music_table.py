"""The tables of labelled clips: both layouts, gaps, and what is no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import GEMS_FEELINGS
from models import BadInput
from models.music_table import MusicTable, read_music_table

if TYPE_CHECKING:
    from pathlib import Path

QUADRANTS = (
    "song_id,artist,title,quadrant,warriner_valence,warriner_arousal,file\n"
    'MT1,Ann,"One, two",Q1,7.5,6.25,clips/1.opus\n'
    "MT2,Bob,Three,q4,6,3.5,clips/2.opus\n"
    "MT3,Ann,Four, Q3 ,1,9,clips/3.opus\n"
)
FEELINGS = (
    f"track_id,{','.join(GEMS_FEELINGS)},n,genre,file\n"
    "1,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,48,classical,clips/001.opus\n"
    "2,0,1,0,1,0,1,0,1,0,47,rock,clips/002.opus\n"
)


def read(folder: Path, text: str | bytes) -> MusicTable:
    content = text.encode() if isinstance(text, str) else text
    (folder / "labels.csv").write_bytes(content)
    return read_music_table(folder / "labels.csv")


def test_the_layout_of_4q(tmp_path: Path) -> None:
    table = read(tmp_path, QUADRANTS)
    assert table.files == ("clips/1.opus", "clips/2.opus", "clips/3.opus")
    assert table.groups == ("Ann", "Bob", "Ann")
    assert table.quadrants is not None
    assert table.quadrants.tolist() == [0, 3, 2]
    assert table.norms is not None
    assert table.norms.tolist() == [[7.5, 6.25], [6, 3.5], [1, 9]]
    assert table.feelings is None


def test_the_layout_of_emotify(tmp_path: Path) -> None:
    table = read(tmp_path, FEELINGS)
    assert table.files == ("clips/001.opus", "clips/002.opus")
    assert table.groups == ("classical", "rock")
    assert table.feelings is not None
    assert table.feelings[0].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert table.feelings[1].tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert table.quadrants is None
    assert table.norms is None


def test_the_columns_of_the_feelings_may_stand_in_any_order(tmp_path: Path) -> None:
    names = (*reversed(GEMS_FEELINGS), "file")
    values = [*(str(place / 10) for place in range(9)), "x.mp3"]
    table = read(tmp_path, f"{','.join(names)}\n{','.join(values)}\n")
    assert table.feelings is not None
    assert table.feelings[0].tolist() == [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]


@pytest.mark.parametrize("text", ["file\nx.mp3\n", "file,quadrants\nx.mp3,Q1\n",
                                  "file,warriner_valence,joy\nx.mp3,4,1\n"])  # fmt: skip
def test_a_table_without_labels_names_clips_alone(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == MusicTable(("x.mp3",), ("",), None, None, None)


def test_norms_may_be_missing_one_at_a_time(tmp_path: Path) -> None:
    table = read(tmp_path, "file,warriner_valence,warriner_arousal\na,,3\nb,4, \nc,,\nd,5,6\n")
    assert table.norms is not None
    np.testing.assert_array_equal(table.norms, [[np.nan, 3], [4, np.nan], [np.nan, np.nan], [5, 6]])


def test_a_byte_order_mark_and_windows_lines_do_not_matter(tmp_path: Path) -> None:
    # The mark stands before the first column's name.
    table = read(tmp_path, b"\xef\xbb\xbffile,quadrant\r\na.mp3,Q1\r\nb.mp3,Q4\r\n")
    assert table.files == ("a.mp3", "b.mp3")
    assert table.quadrants is not None
    assert table.quadrants.tolist() == [0, 3]


def test_some_rows_of_a_table(tmp_path: Path) -> None:
    some = read(tmp_path, QUADRANTS).rows([2, 0])
    assert some.files == ("clips/3.opus", "clips/1.opus")
    assert some.groups == ("Ann", "Ann")
    assert some.quadrants is not None
    assert some.quadrants.tolist() == [2, 0]
    assert some.norms is not None
    assert some.norms[:, 0].tolist() == [1, 7.5]
    assert some.feelings is None
    feelings = read(tmp_path, FEELINGS).rows([1]).feelings
    assert feelings is not None
    assert feelings.tolist() == [[0, 1, 0, 1, 0, 1, 0, 1, 0]]
    assert read(tmp_path, FEELINGS).rows([]).files == ()


def row(name: str, value: str) -> str:
    """Return a table of which the third line has another value."""
    lines = FEELINGS.splitlines()
    values = lines[2].split(",")
    values[lines[0].split(",").index(name)] = value
    return "\n".join([*lines[:2], ",".join(values)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (QUADRANTS.replace("q4", "Q5"), "Line 3 of labels.csv has the quadrant 'q5'"),
        (QUADRANTS.replace("q4", ""), "Line 3 of labels.csv has no quadrant"),
        (QUADRANTS.replace("q4", "9" * 50), f"has the quadrant '{'9' * 20}'"),
        (QUADRANTS.replace("clips/3.opus", ""), "Line 4 of labels.csv has no file"),
        (QUADRANTS.replace(",6,3.5", ",0.99,3.5"),
         "Line 3 of labels.csv has '0.99' as warriner_valence; it must be from 1 to 9"),
        (QUADRANTS.replace(",6,3.5", ",6,9.01"), "'9.01' as warriner_arousal"),
        (QUADRANTS.replace(",6,3.5", ",six,3.5"), "Line 3 of labels.csv has 'six'"),
        (QUADRANTS.replace(",6,3.5", ",nan,3.5"), "'nan' as warriner_valence"),
        (QUADRANTS.replace(",6,3.5", ",6,inf"), "'inf' as warriner_arousal"),
        (row("joyful_activation", "1.01"), "Line 3 of labels.csv has '1.01' as joyful_activation"),
        (row("amazement", "-0.1"), "'-0.1' as amazement; it must be from 0 to 1"),
        (row("sadness", ""), "Line 3 of labels.csv has '' as sadness"),
        (row("tension", "nan"), "'nan' as tension"),
        ("\n".join([*FEELINGS.splitlines()[:2], "2,0,1"]), "Line 3 of labels.csv has no file"),
        ("", "labels.csv is no table of clips"),
        ("file\n", "labels.csv is no table of clips"),
        ("name,quadrant\nx.mp3,Q1\n", "it needs a column file, and rows"),
        ('file\n"x.mp3', "labels.csv cannot be read"),
        ('file\n"x"y.mp3\n', "labels.csv cannot be read"),
        (b"file\nx\xff.mp3\n", "labels.csv cannot be read"),
        (QUADRANTS.encode("utf-16"), "labels.csv cannot be read"),
        (b"file\n" + b"x" * 1_001 + b"\n", "Line 2 of labels.csv has a file of over 1000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence_with_its_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path) not in str(caught.value).replace(str(tmp_path / "labels.csv"), "")
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_table_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadInput, match=f"{path.name} cannot be read"):
            read_music_table(path)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.music_table.MAX_ROWS", 3)
    assert len(read(tmp_path, QUADRANTS).files) == 3
    with pytest.raises(BadInput, match="no table of clips"):
        read(tmp_path, QUADRANTS + QUADRANTS.splitlines()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@given(
    text=st.sampled_from([QUADRANTS, FEELINGS]),
    damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=4))),
)
def test_a_damaged_table_is_read_or_refused(
    folder: Path, text: str, damage: list[tuple[int, int, bytes]]
) -> None:
    content = bytearray(text.encode())
    for place, length, new in damage:
        content[place : place + length] = new
    try:
        table = read(folder, bytes(content))
    except BadInput:
        return
    assert len(table.files) == len(table.groups) > 0
    assert all(table.files)
    if table.quadrants is not None:
        assert table.quadrants.shape == (len(table.files),)
        assert set(table.quadrants.tolist()) <= {0, 1, 2, 3}
    if table.norms is not None:
        known = table.norms[~np.isnan(table.norms)]
        assert ((known >= 1) & (known <= 9)).all()
    if table.feelings is not None:
        assert ((table.feelings >= 0) & (table.feelings <= 1)).all()


def test_an_error_names_the_line_of_the_file_even_after_a_blank_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^Line 4 of labels\.csv has no file"):
        read(tmp_path, "file,genre\nclips/1.opus,pop\n\n,rock\n")
