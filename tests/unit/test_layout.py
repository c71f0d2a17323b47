"""The layout of the code: folders that can be seen at once, files of one subject, and the map."""

from __future__ import annotations

import re

import pytest

from tests import layout
from tests.layout import LARGE, ROOT, SMALL, Module, circles, docstrings, flat, is_clause, modules

# What the layout may be at worst; each figure only falls.
MAX_FLAT = {"recommender": 18, "detectors": 18, "pages/ui": 12}
MAX_SMALL_SHARE = 0.22
MAX_HEADERS = 0.11
MAX_CLAUSES = 0.01


@pytest.fixture(scope="module")
def product() -> list[Module]:
    return modules()


@pytest.mark.parametrize(("folder", "most"), MAX_FLAT.items())
def test_a_folder_is_seen_at_once(folder: str, most: int) -> None:
    assert flat(folder) <= most


def test_files_are_neither_crumbs_nor_novels(product: list[Module]) -> None:
    files = [one for one in product if one.path.name != "__init__.py"]
    assert [one.name for one in files if one.lines > LARGE] == []
    assert sum(one.lines <= SMALL for one in files) / len(files) <= MAX_SMALL_SHARE
    headers = sum(one.header for one in files) / sum(one.lines for one in product)
    assert headers <= MAX_HEADERS


def test_docstrings_name_a_thing_or_begin_with_an_imperative(product: list[Module]) -> None:
    texts = docstrings(product)
    clauses = [text.splitlines()[0] for text in texts if is_clause(text)]
    assert len(clauses) <= MAX_CLAUSES * len(texts), clauses


def test_no_files_import_each_other_in_a_circle(product: list[Module]) -> None:
    assert circles(product) == []


def test_every_public_function_is_documented_and_typed(product: list[Module]) -> None:
    for one in layout.public_functions(product):
        assert one.returns is not None, one.name


def test_the_map_shows_the_house_as_it_is(product: list[Module]) -> None:
    """ARCHITECTURE.md names each folder, and each module in it."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn: dict[str, set[str]] = {}
    path: list[str] = []
    for line in text.split("```")[1].splitlines():
        folder = re.match(r"( *)(\w+)/", line)
        if folder:
            path = [*path[: len(folder[1]) // 2], folder[2]]
            drawn["/".join(path)] = set()
        elif "·" in line:
            drawn["/".join(path)] |= set(line.replace("·", "").split())
    true: dict[str, set[str]] = {}
    for one in product:
        if len(one.path.parts) > 1 and "migrations" not in one.path.parts:
            names = true.setdefault(one.path.parent.as_posix(), set())
            names |= {one.path.stem} - {"__init__", "__main__"}
    js = ROOT / "pages" / "ui" / "js"
    for script in js.rglob("*.js"):
        folder = script.parent.relative_to(ROOT).as_posix()
        true.setdefault(folder, set()).add(script.name)
    assert {folder: names for folder, names in drawn.items() if names} == {
        folder: names for folder, names in true.items() if names
    }


def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    layout.main()
    assert "modules flat in recommender/" in capsys.readouterr().out


def test_a_circle_and_a_clause_would_be_found() -> None:
    import ast
    from pathlib import Path

    pair = [
        Module(Path("a/one.py"), ast.parse("def late():\n    from a import two\n"), 2),
        Module(Path("a/two.py"), ast.parse("import a.one\n"), 1),
        Module(Path("a/three.py"), ast.parse("if TYPE_CHECKING:\n    import a.one\n"), 2),
    ]
    assert circles(pair) == [("a.one", "a.two")]
    assert is_clause("What came of it.")
    assert not is_clause("Whatever comes is kept.")
