"""The replay's outcome for people: a table a pass, and what has to be known to read it."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tools.retail.answers import COMPLETED
from tools.retail.data import Link
from tools.retail.outcome import LATE, PassOutcome, ReplayOutcome
from tools.retail.requests import MADE_UP

COLUMNS = {
    COMPLETED: "refunded",
    LATE: LATE,
    "quantity_not_available": "quantity_not_available",
    "not_found": "not_found",
}
MOST_FAULTS = 20

WHAT_WAS_ASKED = (
    "matched, matched_other_price: the linked sale line, at the price paid there, whatever the cancellation row says",
    "over_remaining_qty: the newest earlier sale line of the same customer and SKU, that line alone, "
    "even where several lines together would have enough",
    "no_earlier_sale: the order with the cancellation's number without its C (C536815: 536815), which does not exist",
    "odd lines: cancellations as above; everything else as an order of one line, quantity and price as in the file",
)


def show(outcome: ReplayOutcome, console: Console, made_up: tuple[str, ...] = MADE_UP) -> None:
    for each in outcome.passes:
        console.print(_returns_table(each))
        console.print(_in_words(each))
        console.print()
    console.print(_odd_table(outcome))
    _list("What was asked", WHAT_WAS_ASKED, console)
    _list("Made up, because the file lacks it", made_up, console)
    _list("Not as expected", outcome.faults[:MOST_FAULTS], console)


def _returns_table(each: PassOutcome) -> Table:
    answers = each.answers
    table = Table(title=f"{len(each.asked)} cancellation lines, return window {each.window}", title_justify="left")
    table.add_column("linked as")
    for heading in (*COLUMNS.values(), "other", "all"):
        table.add_column(heading, justify="right")
    for link in Link:
        table.add_row(link, *_cells({answer: count for (linked, answer), count in answers.items() if linked is link}))
    table.add_section()
    table.add_row("all", *_cells({answer: each.count(answer) for _, answer in answers}))
    return table


def _cells(answers: Mapping[str, int]) -> list[str]:
    known = [answers.get(answer, 0) for answer in COLUMNS]
    everything = sum(answers.values())
    return [str(count or "·") for count in (*known, everything - sum(known), everything)]


def _in_words(each: PassOutcome) -> str:
    money, figures = each.money, each.as_json()
    return (
        f"{_pounds(money.refunded)} refunded over {money.orders} orders, {_pounds(money.due)} expected: "
        f"{money.mismatch} p apart over all orders, {money.payout_mismatch} p from the payouts, "
        f"{money.books_mismatch} p from the gateway's books.\n"
        f"{each.reviewed} waited for a reviewer because of their customer's risk, and the replay approved them.\n"
        f"{each.orders} orders at {figures['orders_per_s']} a second, "
        f"then the returns in {each.timing.returns_s:.0f} s: {figures['refunds_per_s']} refunds a second."
    )


def _odd_table(outcome: ReplayOutcome) -> Table:
    table = Table(title="Odd lines", title_justify="left")
    for heading in ("what is odd", "answer", *(each.window for each in outcome.passes)):
        table.add_column(heading, justify="right" if heading.startswith("P") else "left")
    for kind, answer in sorted({seen for each in outcome.passes for seen in each.odd}):
        table.add_row(kind, answer, *(str(each.odd.get((kind, answer), 0)) for each in outcome.passes))
    return table


def _list(heading: str, items: tuple[str, ...], console: Console) -> None:
    if items:
        console.print(f"\n{heading}:", style="bold")
        for item in items:
            console.print(f"- {item}", markup=False)


def _pounds(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02}"
