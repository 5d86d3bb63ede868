"""Charts as the server draws them: lines over time in a plane, with the numbers for people beside them."""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 250
_LEAST_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 18, 30
_LETTER, _WIDE_LETTER, _GAP = 14, 23, 10
"""How wide a letter is on a phone, where they are largest beside the plane, and what is between label and plane."""
_MOST_LABELS = 7
_STEPS = 4


@dataclass(frozen=True, slots=True)
class ChartTick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class ChartDot:
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A line in pieces: where nothing is known there is a gap. A piece is what `points` of a polyline takes."""

    name: str
    pieces: list[str]
    dots: list[ChartDot]


@dataclass(frozen=True, slots=True)
class LineChart:
    lines: list[ChartLine]
    across: list[ChartTick]
    up: list[ChartTick]
    left: int
    width: int = WIDTH
    height: int = HEIGHT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def line_chart(
    labels: Sequence[str], series: Mapping[str, Sequence[float | None]], written: Callable[[float], str]
) -> LineChart | None:
    """Draw series over steps with these labels; None where there is nothing to draw. written: says a value."""
    known = [value for values in series.values() for value in values if value is not None]
    if not known:
        return None
    top = _round_top(max(known))
    steps = [top * step / _STEPS for step in range(_STEPS + 1)]
    left = max(_LEAST_LEFT, *(_room_for(written(value)) for value in steps))
    wide, high = WIDTH - left - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def x(place: int) -> float:
        return round(left + wide * (place + 0.5) / len(labels), 1)

    def y(value: float) -> float:
        return round(_TOP + high * (1 - value / top), 1)

    lines = []
    for name, values in series.items():
        dots = [
            ChartDot(x(place), y(value), f"{labels[place]}: {written(value)}")
            for place, value in enumerate(values)
            if value is not None
        ]
        lines.append(
            ChartLine(name, _pieces([None if v is None else (x(i), y(v)) for i, v in enumerate(values)]), dots)
        )
    every = math.ceil(len(labels) / _MOST_LABELS)
    across = [ChartTick(x(place), label) for place, label in enumerate(labels) if place % every == 0]
    up = [ChartTick(y(value), written(value)) for value in steps]
    return LineChart(lines, across, up, left)


def _room_for(label: str) -> int:
    return _GAP + sum(_WIDE_LETTER if unicodedata.east_asian_width(each) in "WF" else _LETTER for each in label)


def _pieces(places: Sequence[tuple[float, float] | None]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for place in places:
        if place is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{place[0]},{place[1]}")
    return [" ".join(piece) for piece in pieces if len(piece) > 1]


def _round_top(value: float) -> float:
    """The next number that is easily divided: 1, 2, 4 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(size * step for step in (1, 2, 4, 8, 10) if size * step >= value)
