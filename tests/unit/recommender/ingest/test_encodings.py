"""Which encoding a text is in: said, marked, or guessed."""

from __future__ import annotations

import pytest

from recommender.ingest.encodings import SAMPLE, text_of

RUSSIAN = "#EXTINF:1,Группа - Песня про море\r\n#EXTINF:1,Ёлки - Съёмка\r\n"
GREEK = "#EXTINF:1,Ελένη - Την θάλασσα το καλοκαίρι\r\n"
WESTERN = "#EXTINF:1,Björk–Grün - Don’t Wait… “Zürich”\r\n"
JAPANESE = "#EXTINF:1,海野 - 青いランプのうた\r\n"


def lines(content: bytes) -> list[tuple[int, str]]:
    text = text_of(content)
    assert text is not None
    return list(text.lines())


@pytest.mark.parametrize(
    ("text", "encoding", "sure"),
    [
        (RUSSIAN, "utf-8", True),
        (RUSSIAN, "utf-8-sig", True),
        (RUSSIAN, "utf-16", True),
        ("abc" + JAPANESE, "utf-16-le", True),
        ("abc" + JAPANESE, "utf-16-be", True),
        (WESTERN, "cp1252", False),
        (RUSSIAN, "cp1251", False),
        (JAPANESE, "cp932", False),
        (f"#EXTM3U\r#EXTENC: Windows-1253\r{GREEK}", "cp1253", True),
        (f"#EXTENC:KOI8-R\n{RUSSIAN}", "koi8-r", True),
        (f"#EXTENC:Shift-JIS\n{JAPANESE}", "cp932", True),
        (f"#EXTENC:UTF-8\n{RUSSIAN}", "cp1251", False),
        (f"#EXTENC:rot13\n{RUSSIAN}", "utf-8", True),
        (f"#EXTENC:no-such\n{RUSSIAN}", "utf-8", True),
    ],
)
def test_the_text_is_what_was_written(text: str, encoding: str, sure: bool) -> None:
    read = text_of(text.encode(encoding))
    assert read is not None
    written = text.replace("\r\n", "\n").replace("\r", "\n").splitlines()
    assert [line for _, line in read.lines()] == written
    assert read.sure is sure


def test_what_cannot_be_told_is_not_taken_for_russian() -> None:
    read = text_of(GREEK.encode("cp1253"))
    assert read is not None
    assert not read.sure
    assert read.encoding == "cp1252"


def test_a_damaged_letter_does_not_spoil_the_others() -> None:
    content = (RUSSIAN * 3).encode() + b"\xff\n"
    assert lines(content)[0][1] == "#EXTINF:1,Группа - Песня про море"
    assert lines(content)[-1][1] == "\ufffd"
    assert not getattr(text_of(content), "sure", True)


def test_a_letter_that_the_code_page_lacks_is_a_mark() -> None:
    assert lines(b"a \x81 \xe4")[0][1] == "a \ufffd ä"


def test_only_carriage_return_and_line_feed_end_a_line() -> None:
    written = "a\x85b\u2028c\x0cd\x1ce\r\n\r\nf\rg\n\nh"
    assert lines(written.encode()) == [
        (1, "a\x85b\u2028c\x0cd\x1ce"),
        (3, "f"),
        (4, "g"),
        (6, "h"),
    ]


@pytest.mark.parametrize("content", [b"abc\0\0b", b"ab\0", b"PK\x03\x04\0"])
def test_what_is_no_text(content: bytes) -> None:
    assert text_of(content) is None


def test_an_empty_file_is_a_text_of_no_line() -> None:
    assert lines(b"") == []
    assert lines(b"\xff\xfe") == []
    assert lines(b"\xef\xbb\xbf") == []


def test_only_a_sample_is_looked_at() -> None:
    first = "é\n" * SAMPLE
    content = first.encode("cp1252") + RUSSIAN.encode("cp1251")
    assert getattr(text_of(content), "encoding", None) == "cp1252"
