"""What of an order somebody wants back, as options or a file say it."""

import json
import sys
from pathlib import Path

import typer
from pydantic import TypeAdapter, ValidationError

from makewhole_client.models import RefundLineBody

_LINES: TypeAdapter[list[RefundLineBody]] = TypeAdapter(list[RefundLineBody])


def lines_asked(
    quantities: list[str] | None, amounts: list[str] | None, file: Path | None
) -> list[RefundLineBody] | None:
    """Return the lines; None where nothing is said, so that it is everything that is left."""
    if file is not None and (quantities or amounts):
        raise typer.BadParameter("lines are said by options, or by a file", param_hint="--lines")
    if file is not None:
        return _from_file(file)
    lines = [RefundLineBody(line_id=name, quantity=_quantity(said)) for name, said in map(_pair, quantities or [])]
    lines += [RefundLineBody(line_id=name, amount=_minor_units(said)) for name, said in map(_pair, amounts or [])]
    return lines or None


def _from_file(file: Path) -> list[RefundLineBody]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return _LINES.validate_python(json.loads(text))
    except (OSError, ValueError, ValidationError) as error:
        raise typer.BadParameter(f"{file} is no JSON list of lines: {error}", param_hint="--lines") from error


def _pair(said: str) -> tuple[str, str]:
    name, equals, value = said.rpartition("=")
    if not (name and equals and value):
        raise typer.BadParameter(f"{said!r} is not LINE_ID=…", param_hint="--line, --amount")
    return name, value


def _quantity(said: str) -> int | str:
    """A count, or what was measured: the API wants that as text."""
    return int(said) if said.isascii() and said.isdigit() else said


def _minor_units(said: str) -> int:
    if not (said.isascii() and said.isdigit()):
        raise typer.BadParameter(f"{said!r} is no whole number of minor units", param_hint="--amount")
    return int(said)
