"""Commands for refunds: quote, refund, show, list, watch, approve, reject."""

import sys
from typing import Annotated

import typer

from makewhole_client import Makewhole
from makewhole_client.cli import options, showing
from makewhole_client.cli.asked import lines_asked
from makewhole_client.cli.exits import Exit
from makewhole_client.cli.options import A_DAY_S, AsJson, ProfileName, RefundId, Sure, connected
from makewhole_client.cli.watching import watch_to_the_end
from makewhole_client.models import (
    Decision,
    RefundBody,
    RefundKind,
    RefundLineBody,
    RefundStatus,
    RejectionReason,
    ReviewBody,
)

OrderId = Annotated[str, typer.Argument(help="The order, as the merchant calls it.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", help="quality_issue, changed_mind, … or one of the merchant's own.")]
Kind = Annotated[RefundKind | None, typer.Option("--kind", help="Whether goods come back.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before it is requested.")]
Watch = Annotated[bool, typer.Option("--watch", help="Watch it until it ends.")]
Status = Annotated[RefundStatus | None, typer.Option("--status", help="Only those that stand so.")]


def quote(
    order_id: OrderId,
    reason: Reason,
    kind: Kind = None,
    line: options.LineQuantities = None,
    amount: options.LineAmounts = None,
    lines: options.LinesFile = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Say what a refund would come to; nothing is changed."""
    body = _body(order_id, reason, kind, lines_asked(line, amount, lines), note="")
    with connected(profile) as api:
        quoted = api.quote_refund(body)
    if json:
        return showing.as_json(quoted)
    return typer.echo("\n".join(showing.quote_lines(quoted)))


def refund(
    order_id: OrderId,
    reason: Reason,
    kind: Kind = None,
    line: options.LineQuantities = None,
    amount: options.LineAmounts = None,
    lines: options.LinesFile = None,
    note: options.Note = "",
    yes: Yes = False,
    watch: Watch = False,
    within: options.Within = A_DAY_S,
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Quote a refund, ask whether it is meant, and request it."""
    body = _body(order_id, reason, kind, lines_asked(line, amount, lines), note)
    with connected(profile) as api:
        _confirm(api, body, Sure.YES if yes else Sure.ASK)
        made = api.request_refund(body, idempotency_key=idempotency_key)
        if watch:
            raise typer.Exit(watch_to_the_end(api, made.refund_id, within_s=within, as_json=json))
    if json:
        return showing.as_json(made)
    return typer.echo(f"{made.refund_id}  {made.status}")


def show(refund_id: RefundId, profile: ProfileName = None, json: AsJson = False) -> None:
    """Show a refund: what it comes to, how it stands, and what happened."""
    with connected(profile) as api:
        found = api.get_refund(refund_id)
    if json:
        return showing.as_json(found)
    return typer.echo("\n".join(showing.refund_lines(found)))


def list_(
    status: Status = None,
    order: Annotated[str | None, typer.Option("--order", help="Only those of this order.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="So many at most.")] = 50,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """List refunds, the newest first; as JSON one a line."""
    with connected(profile) as api:
        found = api.iterate_refunds(status=status, order_id=order, limit=min(most, 200))
        for each, _ in zip(found, range(most), strict=False):
            if json:
                showing.as_json(each)
            else:
                typer.echo(showing.summary_line(each))


def watch(
    refund_id: RefundId, within: options.Within = A_DAY_S, profile: ProfileName = None, json: AsJson = False
) -> None:
    """Watch a refund until it ends; the exit code: 0 completed, 3 rejected, 4 cancelled, 5 expired, 6 not yet."""
    with connected(profile) as api:
        code = watch_to_the_end(api, refund_id, within_s=within, as_json=json)
    raise typer.Exit(code)


def approve(
    refund_id: RefundId,
    note: options.Note = "",
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Approve a refund, as a reviewer."""
    _review(refund_id, ReviewBody(decision=Decision.APPROVE, note=note), idempotency_key, profile, json)


def reject(
    refund_id: RefundId,
    reason_code: Annotated[RejectionReason | None, typer.Option("--reason", help="What the customer reads.")] = None,
    note: options.Note = "",
    idempotency_key: options.Key = None,
    profile: ProfileName = None,
    json: AsJson = False,
) -> None:
    """Reject a refund, as a reviewer."""
    body = ReviewBody(decision=Decision.REJECT, note=note)
    if reason_code is not None:
        body.reason_code = reason_code
    _review(refund_id, body, idempotency_key, profile, json)


def _review(refund_id: str, body: ReviewBody, key: str | None, profile: str | None, json: bool) -> None:
    with connected(profile) as api:
        reviewed = api.review_refund(refund_id, body, idempotency_key=key)
    if json:
        return showing.as_json(reviewed)
    return typer.echo(f"{reviewed.refund_id}  {reviewed.status}")


def _body(
    order_id: str, reason: str, kind: RefundKind | None, lines: list[RefundLineBody] | None, note: str
) -> RefundBody:
    body = RefundBody(order_id=order_id, reason=reason)
    if kind is not None:
        body.kind = kind
    if lines is not None:
        body.lines = lines
    if note:
        body.note = note
    return body


def _confirm(api: Makewhole, body: RefundBody, sure: Sure) -> None:
    """Show the quote, and go on only if somebody says yes."""
    quoted = api.quote_refund(body)
    typer.echo("\n".join(showing.quote_lines(quoted)), err=True)
    if sure is Sure.YES:
        return
    if not sys.stdin.isatty():
        typer.echo("makewhole: nobody is there to say yes; say --yes if it is meant", err=True)
        raise typer.Exit(Exit.NOT_A_COMMAND)
    typer.confirm("Request it?", abort=True, err=True)
