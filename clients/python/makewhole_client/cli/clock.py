"""Commands for the clock of a merchant who tries things out: show, advance."""

import re
import time
from datetime import timedelta
from typing import Annotated

import typer

from makewhole_client import Makewhole
from makewhole_client.call import key_or_new
from makewhole_client.cli import options, showing
from makewhole_client.cli.exits import Exit
from makewhole_client.cli.options import AsJson, ProfileName, connected
from makewhole_client.models import TestClockAnswer, TestClockBody

app = typer.Typer(help="What time it is for a merchant who tries things out.", no_args_is_help=True)

By = Annotated[
    str, typer.Argument(help="How far: 30d, 2w, 36h, 90min, 10s, or as ISO 8601 has it.", show_default=False)
]

_SHORT = re.compile(r"(?P<count>[0-9]{1,7})(?P<unit>w|d|h|min|s)")
_IN_ISO = {"w": "P{}W", "d": "P{}D", "h": "PT{}H", "min": "PT{}M", "s": "PT{}S"}
_IN_SECONDS = re.compile(r"PT(?P<seconds>[0-9]+)S")
_AN_HOUR_S = 3_600.0


@app.command()
def show(profile: ProfileName = None, json: AsJson = False) -> None:
    """Say what time it is for the merchant, and how far that is ahead of everybody's."""
    with connected(profile) as api:
        stands = api.get_test_clock()
    _tell(stands, json)


@app.command()
def advance(
    by: By,
    within: options.Within = _AN_HOUR_S,
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Put the clock forward; reminders, deadlines and expiries come at their moments. The exit code 6: not there yet.

    What is not done in time goes on when the command is repeated under its key, or with `0s`.
    """
    body, key = TestClockBody(by=in_iso(by)), key_or_new(idempotency_key)
    with connected(profile) as api:
        stands = _until_there(api, body, key, within_s=within, as_json=json)
    _tell(stands, json)
    if not _is_there(stands):
        typer.echo(f"makewhole: not there within {within:g} s", err=True)
        raise typer.Exit(Exit.NOT_IN_TIME)


def in_iso(by: str) -> str:
    """Write a length as ISO 8601 does; a month is left to that, as `m` might be a minute."""
    if by.startswith("P"):
        return by
    short = _SHORT.fullmatch(by)
    if short is None:
        raise typer.BadParameter(f"{by!r} is no length: say 30d, 2w, 36h, 90min or P1M", param_hint="BY")
    return _IN_ISO[short["unit"]].format(short["count"])


def _until_there(api: Makewhole, body: TestClockBody, key: str, *, within_s: float, as_json: bool) -> TestClockAnswer:
    """Ask until it is there or the time is up; all under one key, so that it goes forward once."""
    ends_at = time.monotonic() + within_s
    while True:
        stands = api.advance_test_clock(body, idempotency_key=key)
        if _is_there(stands) or time.monotonic() > ends_at:
            return stands
        if not as_json:
            typer.echo(f"{_in_words(stands)}, {_length(stands.left)} to go", err=True)


def _is_there(stands: TestClockAnswer) -> bool:
    return not _length(stands.left)


def _tell(stands: TestClockAnswer, json: bool) -> None:
    if json:
        return showing.as_json(stands)
    return typer.echo(_in_words(stands))


def _in_words(stands: TestClockAnswer) -> str:
    ahead = _length(stands.ahead)
    return f"{stands.now:%Y-%m-%d %H:%M:%S}  {f'ahead by {ahead}' if ahead else 'as for everybody'}"


def _length(said: str) -> timedelta:
    """Read a length of the API's, which is in whole seconds."""
    in_seconds = _IN_SECONDS.fullmatch(said)
    assert in_seconds is not None, said
    return timedelta(seconds=int(in_seconds["seconds"]))
