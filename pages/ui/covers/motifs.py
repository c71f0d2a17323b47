"""Motifs of the generated covers: pure geometry in a square of 400 × 400 units."""

import math
from collections.abc import Callable

Motif = Callable[[bytes, tuple[str, str]], str]
SIDE = 400
_MIDDLE = SIDE / 2


def _circle(x: float, y: float, radius: float, paint: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {paint}/>'


def _sunset(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a low sun cut into stripes that grow thinner downwards."""
    x, y, radius = 160 + seed[0] % 80, _MIDDLE, 128.0
    shapes = []
    top = y - radius
    for step in range(8):
        height = 41 - step * 4.4
        shapes.append(_slice(x, y, radius, top, min(top + height, y + radius), colours[0]))
        top += height + 3 + step * 1.4
    return "".join(shapes) + _circle(SIDE - x, 52, 11, f'fill="{colours[1]}"')


def _slice(x: float, y: float, radius: float, top: float, bottom: float, fill: str) -> str:
    """Draw the part of a disc between two heights."""
    upper = math.sqrt(max(0.0, radius**2 - (top - y) ** 2))
    lower = math.sqrt(max(0.0, radius**2 - (bottom - y) ** 2))
    return (
        f'<path fill="{fill}" d="M{x - upper:.1f} {top:.1f}H{x + upper:.1f}'
        f"A{radius} {radius} 0 0 1 {x + lower:.1f} {bottom:.1f}H{x - lower:.1f}"
        f'A{radius} {radius} 0 0 1 {x - upper:.1f} {top:.1f}Z"/>'
    )


def _rings(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw half rings that rise from the lower edge, like a sun out of the sea."""
    x = 130 + seed[0] % 140
    gap = 36 + seed[1] % 12
    shapes = [
        _circle(
            x,
            SIDE,
            66 + step * gap,
            f'fill="none" stroke="{colours[0]}" stroke-width="{16 - step * 1.8:.1f}" '
            f'opacity="{1 - step * 0.1:.1f}"',
        )
        for step in range(1, 7)
    ]
    return "".join(shapes) + _circle(x, SIDE, 72, f'fill="{colours[1]}"')


def _waves(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw lines that swell and calm down again, like sound."""
    peak = 120 + seed[0] % 160
    turns = 2 + seed[1] % 3
    lines = []
    for row in range(13):
        height = 68 + row * 22
        points = []
        for x in range(0, SIDE + 1, 8):
            swell = math.exp(-(((x - peak) / 95) ** 2)) * (40 - abs(row - 6) * 3.4)
            points.append(f"{x} {height + swell * math.sin(x / SIDE * turns * 6.3 + row / 2):.1f}")
        colour = colours[1] if row == 6 else colours[0]  # noqa: PLR2004 - the middle one
        lines.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            'stroke-width="4" stroke-linecap="round"/>'
        )
    return "".join(lines)


def _quarters(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a grid of quarter discs, each rotated differently."""
    side, edge = 80.0, 27.0
    shapes = []
    for place in range(16):
        column, row = place % 4, place // 4
        value = seed[place]
        x, y = edge + column * (side + 8.7), edge + row * (side + 8.7)
        paint = f'fill="{colours[value % 5 == 0]}" opacity="{1 if value % 3 else 0.55}"'
        if value % 7 == 0:
            shapes.append(_circle(x + side / 2, y + side / 2, side / 2, paint))
            continue
        turn = value // 7 % 4 * 90
        shapes.append(
            f'<path {paint} d="M{x:.1f} {y:.1f}h{side}a{side} {side} 0 0 1 -{side} {side}z" '
            f'transform="rotate({turn} {x + side / 2:.1f} {y + side / 2:.1f})"/>'
        )
    return "".join(shapes)


def _dots(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a halftone of dots that grow towards one point."""
    x0, y0 = 90 + seed[0] % 220, 110 + seed[1] % 190
    shapes = []
    for row in range(15):
        for column in range(15):
            x, y = 25 + column * 25, 25 + row * 25
            far = math.hypot(x - x0, y - y0)
            radius = max(1.6, 12.5 - far / 21)
            colour = colours[far < 42]  # noqa: PLR2004 - the few dots of the spot itself
            shapes.append(_circle(x, y, radius, f'fill="{colour}"'))
    return "".join(shapes)


def _peaks(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw ranges of hills, the nearer the stronger, below a moon."""
    moon = _circle(80 + seed[0] % 140, 116, 42 + seed[1] % 16, f'fill="{colours[1]}"')
    ranges = []
    for depth in range(3):
        points = [f"0 {SIDE}"]
        for step in range(6):
            rise = seed[2 + depth * 6 + step] / 255
            points.append(f"{step * 80} {232 + depth * 56 - rise * 88:.1f}")
        points.append(f"{SIDE} {SIDE}")
        ranges.append(
            f'<polygon points="{" ".join(points)}" fill="{colours[0]}" '
            f'opacity="{0.28 + depth * 0.24:.2f}"/>'
        )
    return moon + "".join(ranges)


def _orbits(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a heavy disc with tilted orbits and a moon on each."""
    x = y = _MIDDLE
    tilt = seed[0] % 60 - 30
    shapes = [_circle(x, y, 58, f'fill="{colours[0]}"')]
    for step in range(3):
        wide, high = 96 + step * 42, 40 + step * 26
        shapes.append(
            f'<ellipse cx="{x}" cy="{y}" rx="{wide}" ry="{high}" fill="none" '
            f'stroke="{colours[1]}" stroke-width="3"/>'
        )
        turn = seed[1 + step] / 255 * 6.28
        moon_x, moon_y = x + wide * math.cos(turn), y + high * math.sin(turn)
        shapes.append(_circle(moon_x, moon_y, 14 - step * 2, f'fill="{colours[1]}"'))
    return f'<g transform="rotate({tilt} {x} {y})">{"".join(shapes)}</g>'


def _arches(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw doorways of nested arches standing side by side."""
    shapes = []
    for door in range(3):
        x = 84 + door * 116
        colour = colours[seed[door] % 3 == 0]
        top = 150 + seed[3 + door] % 70
        for step in range(4):
            radius = 50 - step * 13
            shapes.append(
                f'<path d="M{x - radius} {SIDE}V{top}a{radius} {radius} 0 0 1 {2 * radius} 0'
                f'V{SIDE}" fill="none" stroke="{colour}" stroke-width="6.5"/>'
            )
    return "".join(shapes)


def _bars(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw round-ended bars around a middle line, a moment of a song."""
    count = 13
    highest = max(seed[:count])
    shapes = []
    for place in range(count):
        envelope = math.sin((place + 0.5) / count * math.pi) ** 0.6
        height = 22 + envelope * (0.25 + 0.75 * seed[place] / 255) * 260
        colour = colours[seed[place] == highest]
        shapes.append(
            f'<rect x="{36 + place * 26:.1f}" y="{_MIDDLE - height / 2:.1f}" width="16" '
            f'height="{height:.1f}" rx="8" fill="{colour}"/>'
        )
    return "".join(shapes)


def _overlap(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw two large discs that share a part, and a line through both."""
    apart = 46 + seed[0] % 26
    y = 186 + seed[2] % 28
    return (
        _circle(_MIDDLE - apart, y, 108, f'fill="{colours[0]}"')
        + _circle(_MIDDLE + apart, y, 108, f'fill="{colours[1]}" opacity=".72"')
        + f'<path d="M0 {y}H{SIDE}" stroke="{colours[0]}" stroke-width="3"/>'
    )


def _petals(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a flower of narrow petals that shine through one another."""
    count = 7 + seed[0] % 6
    petals = [
        f'<ellipse cx="{_MIDDLE}" cy="116" rx="{30 + seed[1] % 14}" ry="88" fill="{colours[0]}" '
        f'opacity=".62" transform="rotate({place * 360 / count:.1f} {_MIDDLE} {_MIDDLE})"/>'
        for place in range(count)
    ]
    return "".join(petals) + _circle(_MIDDLE, _MIDDLE, 34, f'fill="{colours[1]}"')


def _rain(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw slanted drops of different lengths."""
    drops = []
    for place in range(28):
        column, row = place % 7, place // 7
        length = 22 + seed[place] % 52
        x, y = 40 + column * 52 + row % 2 * 20, 24 + row * 96 + seed[-1 - place] % 44
        drops.append(
            f'<path d="M{x} {y}l{-length * 0.4:.1f} {length}" '
            f'stroke="{colours[seed[place] % 6 == 0]}" stroke-width="9" stroke-linecap="round"/>'
        )
    return "".join(drops)


def _spiral(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a line that winds outwards from a disc, like a groove of a record."""
    turns = 4 + seed[0] % 3
    begin, turning = seed[1] / 255 * 6.28, 1 if seed[2] % 2 else -1
    points = []
    for step in range(turns * 36 + 1):
        radius = 34 + 126 * step / (turns * 36)
        angle = begin + turning * step / 36 * 6.2832
        x, y = _MIDDLE + radius * math.cos(angle), _MIDDLE + radius * math.sin(angle)
        points.append(f"{x:.1f} {y:.1f}")
    return (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{colours[0]}" '
        f'stroke-width="{48 / turns:.1f}" stroke-linecap="round"/>'
        + _circle(_MIDDLE, _MIDDLE, 22, f'fill="{colours[1]}"')
    )


MOTIFS: tuple[Motif, ...] = (
    _sunset,
    _rings,
    _waves,
    _quarters,
    _dots,
    _peaks,
    _orbits,
    _arches,
    _bars,
    _overlap,
    _petals,
    _rain,
    _spiral,
)
