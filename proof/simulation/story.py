"""Tells a schedule so that people can follow it."""

from proof.simulation.schedule import Played

_BEGINNING, _END = 100, 20
_WHOLE = 150
"""A longer story goes round in circles: its middle is left out."""


def story(seed: int, played: Played, *, again: str = "make simulate ONE=1") -> str:
    """The scenario, what happened line by line, what was wrong, and how to play it again."""
    lines = [f"Schedule {seed}: {played.scenario}."]
    told = [f"{place:4}  {' '.join(each)}" for place, each in enumerate(played.told, start=1)]
    if len(told) > _WHOLE:
        told[_BEGINNING:-_END] = [f"      … {len(told) - _BEGINNING - _END} more …"]
    lines += told
    lines += (f"WRONG: {wrong}" for wrong in played.wrongs) if played.wrongs else ("Everything is in order.",)
    lines.append(f"Play it again: {again} SEED={seed}")
    return "\n".join(lines) + "\n"
