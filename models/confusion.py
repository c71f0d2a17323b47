"""An SVG picture of confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CELL = 46
LABEL = 84
GAP = 48
INK = "#24182c"
HUE = (109, 60, 203)


def draw(
    first: NDArray[np.intp],
    first_names: tuple[str, ...],
    second: NDArray[np.intp],
    second_names: tuple[str, ...],
) -> str:
    """Return an SVG of two matrices of counts, each row shaded and labelled in per cent."""
    rows = max(len(first_names), len(second_names))
    width = 2 * LABEL + (len(first_names) + len(second_names)) * CELL + GAP + 40
    height = 68 + rows * CELL + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" rx="12" fill="#ffffff"/>',
        *_matrix(first, first_names, "FER-2013", 0),
        *_matrix(second, second_names, "FER+", LABEL + len(first_names) * CELL + GAP),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _matrix(counts: NDArray[np.intp], names: tuple[str, ...], title: str, left: int) -> list[str]:
    x0, y0 = left + LABEL, 68
    parts = [f'<text x="{x0}" y="24" font-size="15" font-weight="600" fill="{INK}">{title}</text>']
    for index, name in enumerate(names):
        middle = index * CELL + CELL / 2
        parts.append(
            f'<text x="{x0 - 8}" y="{y0 + middle + 4:g}" text-anchor="end" '
            f'fill="{INK}">{name}</text>'
        )
        # Slanted, so that long names do not overlap.
        x, y = x0 + middle - 8, y0 - 6
        parts.append(
            f'<text x="{x:g}" y="{y}" transform="rotate(-28 {x:g} {y})" fill="{INK}">{name}</text>'
        )
    for row, values in enumerate(counts):
        total = int(values.sum())
        for column, value in enumerate(values.tolist()):
            share = value / total if total else 0.0
            shade = ",".join(str(round(255 - (255 - one) * share)) for one in HUE)
            x, y = x0 + column * CELL, y0 + row * CELL
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" rx="5" '
                f'fill="rgb({shade})"/>'
            )
            if total:
                ink = "#ffffff" if share > 0.5 else INK  # noqa: PLR2004 - dark ground, light ink
                parts.append(
                    f'<text x="{x + CELL / 2 - 1:g}" y="{y + CELL / 2 + 3:g}" text-anchor="middle" '
                    f'fill="{ink}">{share:.0%}</text>'
                )
    return parts
