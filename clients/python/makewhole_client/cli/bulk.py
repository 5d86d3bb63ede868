"""Commands for many refunds at once: preview, confirm, stop, watch, show, list."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from makewhole_client.cli import options, showing
from makewhole_client.cli.bulk_watching import until_previewed, watch_bulk
from makewhole_client.cli.exits import Exit
from makewhole_client.cli.options import A_DAY_S, AsJson, ProfileName, connected
from makewhole_client.models import BulkAnswer, BulkConfirmation, BulkStop, ConfirmedTotal, LineStatus

app = typer.Typer(help="Many refunds at once: a preview, a confirmation that repeats it, a stop.", no_args_is_help=True)

BulkId = Annotated[str, typer.Argument(help="The bulk, blk_…", show_default=False)]
File = Annotated[Path, typer.Argument(help="JSON Lines, a refund a line; - is stdin.", show_default=False)]
Totals = Annotated[list[str] | None, typer.Option("--total", help="CURRENCY=MINOR_UNITS, as the preview has it.")]
Duplicate = Annotated[bool, typer.Option("--duplicate", help="Also where the same file was confirmed before.")]
Watch = Annotated[bool, typer.Option("--watch", help="Watch it until all of it has ended.")]
Lines = Annotated[LineStatus | None, typer.Option("--status", help="Only the lines that stand so.")]


@app.command()
def preview(
    file: File,
    within: options.Within = A_DAY_S,
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Ask for the refunds of a file, and say what they would come to; nothing of it begins."""
    body = _read(file)
    with connected(profile) as api:
        made = api.request_bulk_refunds(body, idempotency_key=idempotency_key)
        bulk = until_previewed(api, made.bulk_id, within_s=within)
        refused = [] if json else _lines(api.pages_of_bulk_refunds(bulk.bulk_id, line_status=LineStatus.REFUSED))
    if json:
        return showing.as_json(bulk)
    return typer.echo("\n".join([*showing.bulk_lines(bulk), *refused]))


@app.command()
def confirm(
    bulk_id: BulkId,
    total: Totals = None,
    duplicate: Duplicate = False,
    watch: Watch = False,
    within: options.Within = A_DAY_S,
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Confirm what a preview comes to, by repeating it; it begins when the merchant's grace is over."""
    with connected(profile) as api:
        totals = _said(total) if total else _asked(until_previewed(api, bulk_id, within_s=within))
        body = BulkConfirmation(totals=totals)
        if duplicate:
            body.confirm_duplicate = True
        confirmed = api.confirm_bulk_refunds(bulk_id, body, idempotency_key=idempotency_key)
        if watch:
            raise typer.Exit(watch_bulk(api, bulk_id, within_s=within, as_json=json))
    _tell(confirmed, json)


@app.command()
def stop(
    bulk_id: BulkId, idempotency_key: options.Key = None, profile: ProfileName = None, json: AsJson = False
) -> None:
    """Stop a bulk: nothing new begins, what has begun goes on."""
    with connected(profile) as api:
        stopped = api.stop_bulk_refunds(bulk_id, BulkStop(), idempotency_key=idempotency_key)
    _tell(stopped, json)


@app.command()
def watch(bulk_id: BulkId, within: options.Within = A_DAY_S, profile: ProfileName = None, json: AsJson = False) -> None:
    """Watch a bulk until all of its refunds have ended; the exit code: 0 completed, 4 stopped, 6 not yet."""
    with connected(profile) as api:
        raise typer.Exit(watch_bulk(api, bulk_id, within_s=within, as_json=json))


@app.command()
def show(bulk_id: BulkId, status: Lines = None, profile: ProfileName = None, json: AsJson = False) -> None:
    """Show a bulk and what has become of each line; as JSON one page of lines a line."""
    with connected(profile) as api:
        pages = list(api.pages_of_bulk_refunds(bulk_id, line_status=status))
    if not json:
        return typer.echo("\n".join([*showing.bulk_lines(pages[0]), *_lines(iter(pages))]))
    for page in pages:
        showing.as_json(page)
    return None


@app.command(name="list")
def list_(profile: ProfileName = None, json: AsJson = False) -> None:
    """List the newest bulks; as JSON one a line."""
    with connected(profile) as api:
        found = api.list_bulk_refunds()
    for each in found.items:
        if json:
            showing.as_json(each)
        else:
            typer.echo(showing.bulk_line(each))


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}", param_hint="FILE") from error


def _said(totals: list[str]) -> list[ConfirmedTotal]:
    return [_total(currency, amount) for currency, _, amount in (each.partition("=") for each in totals)]


def _total(currency: str, amount: str) -> ConfirmedTotal:
    if not (currency and amount.isascii() and amount.isdigit()):
        raise typer.BadParameter(f"{currency}={amount} is not CURRENCY=MINOR_UNITS", param_hint="--total")
    return ConfirmedTotal(currency=currency, amount=int(amount))


def _asked(bulk: BulkAnswer) -> list[ConfirmedTotal]:
    """Show the preview, and have somebody type what it comes to."""
    typer.echo("\n".join(showing.bulk_lines(bulk)), err=True)
    if not sys.stdin.isatty():
        typer.echo("makewhole: nobody is there to repeat the totals; say --total CURRENCY=MINOR_UNITS", err=True)
        raise typer.Exit(Exit.NOT_A_COMMAND)
    return [
        _total(each.currency, str(typer.prompt(f"Repeat the total in minor units of {each.currency}", err=True)))
        for each in bulk.totals or ()
    ]


def _tell(bulk: BulkAnswer, json: bool) -> None:
    if json:
        return showing.as_json(bulk)
    return typer.echo(showing.bulk_line(bulk))


def _lines(pages: Iterator[BulkAnswer]) -> list[str]:
    return [showing.bulk_refund_line(each) for page in pages for each in page.lines]
