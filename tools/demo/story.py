"""The story of a case as a table: what was bought and asked, what happened when, what it came to, and the checks."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.client import FINAL, Json
from tools.demo.cases.case import CaseOutcome
from tools.demo.cases.figures import answers
from tools.demo.cases.progress_view import headline, mark_of
from tools.demo.cases.sample_orders import spaced, yuan

_WIDEST = 116
_READ_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class CaseStory:
    """An outcome with the refunds and the messages that were read back for it."""

    outcome: CaseOutcome
    refunds: tuple[Json, ...] = ()
    inbox: tuple[Json, ...] = ()


async def read_story(outcome: CaseOutcome) -> CaseStory:
    """Read what can be read in a short time; a case that failed may have left little to read."""
    refunds: list[Json] = []
    inbox: list[Json] = []
    with suppress(Exception):
        async with asyncio.timeout(_READ_WITHIN_S):
            for refund_id in outcome.case_run.refund_ids:
                refunds.append(await outcome.case_run.refund(refund_id))  # noqa: PERF401 - keep what was read
            inbox += await outcome.case_run.inbox() if refunds else []
    return CaseStory(outcome, tuple(refunds), tuple(inbox))


def tell(story: CaseStory, console: Console, *, with_links: bool) -> None:
    """Print it as one table, with the links to the Temporal UI below it, where they are not cut.

    with_links: whether the stack still runs when they are read.
    """
    console.print(_table(story, min(console.width, _WIDEST)))
    shop = story.outcome.case_run.shop
    for refund in story.refunds if with_links else ():
        console.print(Text(f"  {shop.workflow_url(refund['refund_id']) or ''}", "blue"), soft_wrap=True)
    console.print()


def tell_all_in_short(stories: Sequence[CaseStory], console: Console) -> None:
    """Print one line for each case: whether it came out as expected, how its refunds ended and what they paid."""
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", width=min(console.width, _WIDEST))
    table.add_column("")
    for title in ("customer", "case", "ended", "paid"):
        table.add_column(title, overflow="fold")
    for story in stories:
        case = story.outcome.case
        ended = ", ".join(spaced(refund["status"]) for refund in story.refunds) or "–"
        paid = sum(each["amount"] for refund in story.refunds for each in answers(refund, "succeeded"))
        name = case.person.name.in_language(story.outcome.case_run.shop.locale)
        table.add_row(mark_of(holds=story.outcome.as_expected), name, case.title, ended, yuan(paid) if paid else "–")
    console.print(table)


def _table(story: CaseStory, width: int) -> Table:
    outcome = story.outcome
    title = Text.assemble(
        mark_of(holds=outcome.as_expected), " ", (headline(outcome.case, outcome.case_run.shop.locale), "bold")
    )
    table = Table(
        title=title, title_justify="left", box=box.ROUNDED, show_header=False, border_style="dim", width=width
    )
    table.add_column(justify="right", no_wrap=True, style="dim", width=10)
    table.add_column(ratio=1)
    _section(table, _plot(story))
    for refund in story.refunds:
        _section(table, _timeline(refund, story.inbox))
        _section(table, _figures(refund))
    _section(table, ((mark_of(holds=check.holds), str(check)) for check in outcome.case_run.checks))
    if outcome.trouble:
        _section(table, [(mark_of(holds=False), Text(outcome.trouble, "bold red"))])
    return table


Row = tuple[str | Text, str | Text]


def _section(table: Table, rows: Iterator[Row] | list[Row]) -> None:
    for label, what in rows:
        table.add_row(label, what if isinstance(what, Text) else Text(what))
    table.add_section()


def _plot(story: CaseStory) -> Iterator[Row]:
    case = story.outcome.case
    yield "story", Text(case.plot, "italic")
    if case.sentence:
        yield "promise", f"“{story.outcome.case_run.said(case.sentence)}”"
    for receipt in story.outcome.case_run.receipts:
        yield "order", receipt
    for refund in story.refunds:
        yield "asked", f"{spaced(refund['reason'])}: “{refund['note']}” ({spaced(refund['kind'])})"
    for refusal in story.outcome.case_run.refusals:
        yield "refused", refusal


def _timeline(refund: Json, inbox: tuple[Json, ...]) -> Iterator[Row]:
    """Put what happened and what the customer was told in one order, by the time since the request."""
    happened = [(event["at"], Text(_sentence(event))) for event in refund["timeline"]]
    messages = [each for each in inbox if each["refund_id"] == refund["refund_id"]]
    said = [(each["at"], Text(f"✉ {each['body']}", "cyan")) for each in messages]
    timed = [(datetime.fromisoformat(at), what) for at, what in happened + said]
    in_order = sorted(timed, key=lambda each: each[0])
    for at, what in in_order:
        yield _since(at - in_order[0][0]), what


def _since(passed: timedelta) -> str:
    """Days only come where the shop's clock was put forward."""
    return f"+{passed.days} d {passed.seconds // 3600} h" if passed.days else f"+{passed.total_seconds():.2f} s"


def _sentence(event: Json) -> str:
    """An end that is not a happy one is told with the reason alone: say which end it was."""
    is_unhappy_end = event["event"] in FINAL - {"completed"}
    return f"{event['event']}: {event['message']}" if is_unhappy_end else str(event["message"])


def _figures(refund: Json) -> Iterator[Row]:
    for payout in refund["payouts"]:
        code = f" ({payout['decline_code']})" if payout["decline_code"] else ""
        yield "payout", f"{yuan(payout['amount'])} by {spaced(payout['method'])}: {payout['status']}{code}"
    for each in refund["deductions"]:
        yield "deducted", f"{yuan(each['amount'])} for {spaced(each['kind'])} {each['id']}"
    effects = refund["effects"]
    if effects["points_restored"] or effects["points_clawed_back"]:
        yield "points", f"{effects['points_restored']} restored, {effects['points_clawed_back']} taken back"
    for each in effects["coupons"]:
        yield "coupon", f"{each['coupon_id']} {spaced(each['outcome'])}"
    for each in effects["campaigns"]:
        yield "campaign", f"{each['campaign_id']}: {_standing(each)}"


def _standing(effect: Json) -> str:
    spend = f"{yuan(effect['spend_before'])} → {yuan(effect['spend_after'])} spent"
    taken = f", {yuan(effect['reward_clawed_back'])} taken back" if effect["reward_clawed_back"] else ""
    return f"{spend}, {'reached' if effect['qualified_after'] else 'not reached'}{taken}"
