"""What is printed comes through every stream, and JSON stays JSON."""

from __future__ import annotations

import io
import json
import sys

import pytest

from recommender.commands import carry_every_letter, json_line

NOT_UTF8 = b"\xff.jpg".decode("utf-8", "surrogateescape")
NAMES = ["plain.jpg", "Größe.jpg", "恋.jpg", NOT_UTF8]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_every_name_comes_through_every_stream(
    monkeypatch: pytest.MonkeyPatch, encoding: str, name: str
) -> None:
    raw = {which: io.BytesIO() for which in ("stdout", "stderr")}
    for which, into in raw.items():
        monkeypatch.setattr(sys, which, io.TextIOWrapper(into, encoding=encoding))
    carry_every_letter()
    print(json_line({"path": name}))
    print(name, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    assert json.loads(raw["stdout"].getvalue().decode(encoding)) == {"path": name}
    assert raw["stderr"].getvalue()


def test_letters_stay_letters_where_the_stream_can_carry_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert json_line({"path": "Größe"}) == '{"path": "Größe"}'
    with pytest.raises(ValueError, match="JSON"):
        json_line(float("nan"))


def test_a_stream_of_another_kind_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    carry_every_letter()
    assert json_line("Größe") == '"Größe"'
