"""Options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from makewhole_client import Makewhole
from makewhole_client.cli import profiles

AsJson = Annotated[bool, typer.Option("--json", help="Only JSON on stdout: a document, or one a line.")]
ProfileName = Annotated[str | None, typer.Option("--profile", help="A profile of `makewhole config set`.")]
RefundId = Annotated[str, typer.Argument(help="The refund, rf_…", show_default=False)]
Within = Annotated[float, typer.Option("--within", min=0.1, help="How many seconds to watch it at most.")]
Note = Annotated[str, typer.Option("--note", help="A note that people can read.")]
Key = Annotated[str | None, typer.Option("--idempotency-key", help="Names what is meant: done once, however often.")]
LineQuantities = Annotated[list[str] | None, typer.Option("--line", help="LINE_ID=QUANTITY; again for each line.")]
LineAmounts = Annotated[list[str] | None, typer.Option("--amount", help="LINE_ID=MINOR_UNITS off a line, no units.")]
LinesFile = Annotated[
    Path | None,
    typer.Option("--lines", help="A JSON list of lines; - is stdin."),
]

A_DAY_S = 86_400.0


class Sure(StrEnum):
    """Whether somebody has to say yes before money moves."""

    ASK = "ask"
    YES = "yes"


def connected(profile: str | None) -> Makewhole:
    """Connect to the API that is meant."""
    used = profiles.in_use(profile)
    return Makewhole(used.url, used.api_key)
