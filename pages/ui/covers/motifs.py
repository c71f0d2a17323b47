"""Motifs of the generated covers: pure geometry in the upper part of a 400 × 400 square."""

import math
from collections.abc import Callable

Motif = Callable[[bytes, tuple[str, str]], str]
# Height at which motifs are clipped, above the text.
FLOOR = 236
_SIDE = 400


def _framed(shapes: str) -> str:
    # A nested <svg> clips its content without a clip path, which would need an id.
    return f'<svg width="{_SIDE}" height="{FLOOR}" overflow="hidden">{shapes}</svg>'


def _circle(x: float, y: float, radius: float, paint: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {paint}/>'


def _sunset(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a low sun cut into stripes that grow thinner downwards."""
    x, y, radius = 140 + seed[0] % 120, 138.0, 104.0
    shapes = []
    top = y - radius
    for step in range(8):
        height = 33 - step * 3.6
        shapes.append(_slice(x, y, radius, top, min(top + height, y + radius), colours[0]))
        top += height + 2.5 + step * 1.1
    return _framed("".join(shapes) + _circle(x + 104, 50, 8, f'fill="{colours[1]}"'))


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
    """Draw half rings that rise from the floor, like a sun out of the sea."""
    x = 110 + seed[0] % 180
    gap = 27 + seed[1] % 10
    shapes = [
        _circle(
            x,
            FLOOR,
            44 + step * gap,
            f'fill="none" stroke="{colours[0]}" stroke-width="{12 - step * 1.6:.1f}" '
            f'opacity="{1 - step * 0.1:.1f}"',
        )
        for step in range(1, 7)
    ]
    return _framed("".join(shapes) + _circle(x, FLOOR, 46, f'fill="{colours[1]}"'))


def _waves(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw lines that swell and calm down again, like sound."""
    peak = 120 + seed[0] % 160
    turns = 2 + seed[1] % 3
    lines = []
    for row in range(13):
        height = 30 + row * 14.5
        points = []
        for x in range(0, _SIDE + 1, 8):
            swell = math.exp(-(((x - peak) / 95) ** 2)) * (26 - abs(row - 6) * 2.2)
            points.append(f"{x} {height + swell * math.sin(x / _SIDE * turns * 6.3 + row / 2):.1f}")
        colour = colours[1] if row == 6 else colours[0]  # noqa: PLR2004 - the middle one
        lines.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
            'stroke-width="3.2" stroke-linecap="round"/>'
        )
    return _framed("".join(lines))


def _quarters(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a grid of quarter discs, each rotated differently."""
    side = 62.0
    left, top = 28.0, 28.0
    shapes = []
    for place in range(15):
        column, row = place % 5, place // 5
        value = seed[place]
        x, y = left + column * (side + 8.5), top + row * (side + 4)
        paint = f'fill="{colours[value % 5 == 0]}" opacity="{1 if value % 3 else 0.55}"'
        if value % 7 == 0:
            shapes.append(_circle(x + side / 2, y + side / 2, side / 2, paint))
            continue
        turn = value // 7 % 4 * 90
        shapes.append(
            f'<path {paint} d="M{x:.1f} {y:.1f}h{side}a{side} {side} 0 0 1 -{side} {side}z" '
            f'transform="rotate({turn} {x + side / 2:.1f} {y + side / 2:.1f})"/>'
        )
    return _framed("".join(shapes))


def _dots(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a halftone of dots that grow towards one point."""
    x0, y0 = 60 + seed[0] * 1.1, 40 + seed[1] % 150
    shapes = []
    for row in range(11):
        for column in range(19):
            x, y = 20 + column * 20, 22 + row * 20
            far = math.hypot(x - x0, y - y0)
            radius = max(1.3, 10.5 - far / 17)
            colour = colours[far < 34]  # noqa: PLR2004 - the few dots of the spot itself
            shapes.append(_circle(x, y, radius, f'fill="{colour}"'))
    return _framed("".join(shapes))


def _peaks(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw ranges of hills, the nearer the stronger, below a moon."""
    moon = _circle(70 + seed[0], 66, 30 + seed[1] % 14, f'fill="{colours[1]}"')
    ranges = []
    for depth in range(3):
        points = [f"0 {FLOOR}"]
        for step in range(6):
            rise = seed[2 + depth * 6 + step] / 255
            points.append(f"{step * 80} {118 + depth * 40 - rise * 62:.1f}")
        points.append(f"{_SIDE} {FLOOR}")
        ranges.append(
            f'<polygon points="{" ".join(points)}" fill="{colours[0]}" '
            f'opacity="{0.28 + depth * 0.24:.2f}"/>'
        )
    return _framed(moon + "".join(ranges))


def _orbits(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw a heavy disc with tilted orbits and a moon on each."""
    x, y = 200, 126
    tilt = seed[0] % 60 - 30
    shapes = [_circle(x, y, 44, f'fill="{colours[0]}"')]
    for step in range(3):
        wide, high = 84 + step * 44, 26 + step * 20
        shapes.append(
            f'<ellipse cx="{x}" cy="{y}" rx="{wide}" ry="{high}" fill="none" '
            f'stroke="{colours[1]}" stroke-width="2.4"/>'
        )
        turn = seed[1 + step] / 255 * 6.28
        moon_x, moon_y = x + wide * math.cos(turn), y + high * math.sin(turn)
        shapes.append(_circle(moon_x, moon_y, 11 - step * 2, f'fill="{colours[1]}"'))
    return _framed(f'<g transform="rotate({tilt} {x} {y})">{"".join(shapes)}</g>')


def _arches(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw doorways of nested arches standing side by side."""
    shapes = []
    for door in range(3):
        x = 84 + door * 116
        colour = colours[seed[door] % 3 == 0]
        drop = seed[3 + door] % 34
        for step in range(4):
            radius = 50 - step * 13
            top = 78 + drop
            shapes.append(
                f'<path d="M{x - radius} {FLOOR}V{top}a{radius} {radius} 0 0 1 {2 * radius} 0'
                f'V{FLOOR}" fill="none" stroke="{colour}" stroke-width="6.5"/>'
            )
    return _framed("".join(shapes))


def _bars(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw round-ended bars around a middle line, a moment of a song."""
    count, middle = 17, 126
    highest = max(seed[:count])
    shapes = []
    for place in range(count):
        envelope = math.sin((place + 0.5) / count * math.pi) ** 0.6
        height = 16 + envelope * (0.25 + 0.75 * seed[place] / 255) * 176
        colour = colours[seed[place] == highest]
        shapes.append(
            f'<rect x="{31 + place * 20.4:.1f}" y="{middle - height / 2:.1f}" width="11.6" '
            f'height="{height:.1f}" rx="5.8" fill="{colour}"/>'
        )
    return _framed("".join(shapes))


def _overlap(seed: bytes, colours: tuple[str, str]) -> str:
    """Draw two large discs that share a part, and a line through both."""
    apart = 40 + seed[0] % 26
    x, y = 170 + seed[1] % 60, 122 + seed[2] % 16
    return _framed(
        _circle(x - apart, y, 88, f'fill="{colours[0]}"')
        + _circle(x + apart, y, 88, f'fill="{colours[1]}" opacity=".72"')
        + f'<path d="M0 {y}H{_SIDE}" stroke="{colours[0]}" stroke-width="2.4"/>'
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
)
