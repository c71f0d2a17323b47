"""Figures of how the code is laid out; `python -m tests.layout` prints them.

Product code is app.py and the packages below; a file named `__init__.py` is counted only in the
lines.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("detectors", "models", "pages", "recommender")
SMALL, LARGE = 100, 400
# A clause that names no thing: "What came of hearing a file."
CLAUSES = frozenset({"what", "who", "where", "whether", "how", "that"})


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the product.

    path : from the project's folder
    tree : its syntax
    lines : all of them, with blanks and comments
    """

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """Its name when it is imported."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def header(self) -> int:
        """Lines up to the last import at the top, docstring and blank lines included."""
        end = 0
        for number, node in enumerate(self.tree.body):
            if (number == 0 and _is_text(node)) or _is_import(node):
                end = node.end_lineno or 0
            else:
                break
        return end

    def imports(self) -> set[str]:
        """Names that it imports when it runs, be it late, that may be modules."""
        found: set[str] = set()
        for node in _run_time(self.tree):
            if isinstance(node, ast.Import):
                found |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        return found


def modules() -> list[Module]:
    """Return all files of the product, in the order of their paths."""
    paths = [Path("app.py")]
    for package in PACKAGES:
        paths += sorted(one.relative_to(ROOT) for one in (ROOT / package).rglob("*.py"))
    found = []
    for path in paths:
        text = (ROOT / path).read_text(encoding="utf-8")
        found.append(Module(path, ast.parse(text), text.count("\n")))
    return found


def flat(folder: str) -> int:
    """Return how many modules stand in a folder itself."""
    return sum(
        one.name not in {"__init__.py", "__main__.py"} for one in (ROOT / folder).glob("*.py")
    )


def circles(all_: list[Module]) -> list[tuple[str, ...]]:
    """Return the groups of files that import each other in a circle, each sorted."""
    names = {one.name for one in all_}
    graph = {one.name: (one.imports() & names) - {one.name} for one in all_}
    reach: dict[str, set[str]] = {}
    for start, first in graph.items():
        seen: set[str] = set()
        waiting = [*first]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += graph[here]
        reach[start] = seen
    groups = {
        tuple(sorted({one} | {other for other in reach[one] if one in reach[other]}))
        for one in graph
        if one in reach[one]
    }
    return sorted(groups)


def docstrings(all_: list[Module]) -> list[str]:
    """Return the docstrings of all modules, classes and functions."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        ast.get_docstring(node)
        for one in all_
        for node in ast.walk(one.tree)
        if isinstance(node, kinds)
    ]
    return [one for one in found if one]


def is_clause(docstring: str) -> bool:
    """Return whether a docstring begins with a bare wh-clause."""
    return docstring.split(maxsplit=1)[0].casefold().strip(",") in CLAUSES


def public_functions(all_: list[Module]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions and methods of which no name, nor their class's, begins with "_"."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for one in all_:
        bodies = [one.tree.body]
        while bodies:
            for node in bodies.pop():
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    bodies.append(node.body)
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found += [] if node.name.startswith("_") else [node]
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) or _is_for_types(node)


def _is_for_types(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _run_time(tree: ast.AST) -> list[ast.AST]:
    """Return all nodes but those that only type checkers see."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if not _is_for_types(node):
            found.append(node)
            waiting += ast.iter_child_nodes(node)
    return found


def main() -> None:
    """Print the figures."""
    all_ = modules()
    files = [one for one in all_ if one.path.name != "__init__.py"]
    lines = sum(one.lines for one in all_)
    texts, public = docstrings(all_), public_functions(all_)
    for folder in ("recommender", "pages/ui"):
        print(f"modules flat in {folder}/: {flat(folder)}")
    print(f"module headers: {sum(one.header for one in files) / lines:.1%} of all lines")
    print(f"files of {SMALL} lines and fewer: {sum(one.lines <= SMALL for one in files)}", end="")
    print(f" of {len(files)}; of more than {LARGE}: {sum(one.lines > LARGE for one in files)}")
    print(
        f"docstrings that begin with a clause: {sum(map(is_clause, texts)) / len(texts):.1%}",
        end="",
    )
    print(f" of {len(texts)}")
    documented = sum(ast.get_docstring(one) is not None for one in public)
    typed = sum(one.returns is not None for one in public)
    print(
        f"public functions: {len(public)}, with a docstring {documented / len(public):.1%}", end=""
    )
    print(f", with a return type {typed / len(public):.1%}")
    print(f"circles of files: {circles(all_)}")
    print(f"lines of product code: {lines:,}")


if __name__ == "__main__":
    main()
