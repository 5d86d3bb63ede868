"""What commands print: for people, or as JSON on stdout and nothing else."""

from collections.abc import Iterator

import typer
from pydantic import BaseModel

from makewhole_client.cli.amounts import in_words
from makewhole_client.models import (
    BulkAnswer,
    BulkLineAnswer,
    BulkSummary,
    RefundAnswer,
    RefundQuote,
    RefundSummary,
    WebhookEventAnswer,
)


def as_json(answer: BaseModel) -> None:
    """Print a document on one line."""
    typer.echo(answer.model_dump_json(by_alias=True))


def quote_lines(quote: RefundQuote | RefundAnswer) -> Iterator[str]:
    """Write what a refund comes to: its lines, what is taken off, and where the money goes."""
    for line in quote.lines:
        yield f"  {line.line_id:<20} {line.quantity!s:>8} {in_words(line.amount, quote.currency):>18}"
    if quote.next_lines:
        yield "  … and more lines"
    if quote.shipping:
        yield f"  {'shipping':<29} {in_words(quote.shipping, quote.currency):>18}"
    for fee in quote.fees:
        yield f"  {fee.kind:<29} {in_words(-fee.amount, quote.currency):>18}"
    for deduction in quote.deductions:
        yield f"  {deduction.kind:<29} {in_words(-deduction.amount, quote.currency):>18}"
    yield f"  {'total':<29} {in_words(quote.total, quote.currency):>18}"
    for payout in quote.payouts:
        paid = in_words(payout.amount, payout.currency)
        yield f"  {payout.payment_id:<20} {payout.method:>8} {paid:>18}  {payout.status}"


def refund_lines(refund: RefundAnswer) -> Iterator[str]:
    """Write a refund as it stands."""
    yield f"{refund.refund_id}  {refund.status}  order {refund.order_id}, {refund.reason}, {refund.kind}"
    yield from quote_lines(refund)
    if refund.needs_attention is not None:
        yield f"needs attention: {refund.needs_attention.reason}"
    if refund.ended_because is not None:
        yield f"ended because: {refund.ended_because.code}"
    for entry in refund.timeline:
        yield f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.event:<24} {entry.message}"


def summary_line(refund: RefundSummary) -> str:
    amount = in_words(refund.total, refund.currency)
    called = "  needs attention" if refund.needs_attention else ""
    return f"{refund.refund_id}  {refund.status:<16} {amount:>18}  {refund.order_id}{called}"


def bulk_lines(bulk: BulkAnswer) -> Iterator[str]:
    """Write what a bulk comes to, by tender and by reason, and what became of its lines."""
    yield bulk_line(bulk)
    for total in bulk.totals or ():
        parts = [(each.tender, each) for each in total.tenders] + [(each.reason, each) for each in total.reasons]
        for name, part in parts:
            yield f"  {name:<24} {part.lines:>6} lines {in_words(part.amount, total.currency):>20}"
    yield "  lines: " + ", ".join(f"{count} {status}" for status, count in sorted(bulk.counts.items()))
    if bulk.same_as is not None:
        yield f"  the same file was asked for as {bulk.same_as}"
    if bulk.trouble is not None:
        yield f"  trouble: {bulk.trouble}"


def bulk_line(bulk: BulkAnswer | BulkSummary) -> str:
    totals = ", ".join(f"{in_words(each.amount, each.currency)} in {each.lines} lines" for each in bulk.totals or ())
    return f"{bulk.bulk_id}  {bulk.status:<22} {bulk.line_count} lines  {totals}".rstrip()


def bulk_refund_line(line: BulkLineAnswer) -> str:
    amount = in_words(line.preview.total, line.preview.currency) if line.preview else "-"
    why = f"{line.code}: {line.detail}" if line.code else line.refund_id or ""
    return f"  {line.line:>6}  {line.status:<8} {amount:>18}  {line.order_id or '-'}  {why}".rstrip()


def event_line(event: WebhookEventAnswer) -> str:
    told = ", ".join(f"{each.endpoint_id} {each.status}" for each in event.deliveries)
    return f"{event.at:%Y-%m-%d %H:%M:%S}  {event.event_id}  {event.type:<28} {event.refund_id or '-'}  {told}"
