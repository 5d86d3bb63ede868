"""What came back: by the file, by what people saw on their pages, and by the books; in a table and as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.by_pages.orders import OrderBack
from proof.by_pages.people import AtTheEnd
from tools.client import Json
from tools.retail.requests import charge_of

_IN_LEDGER = """
select order_id, sum(amount) from ledger_entries join postings using (entry_id)
where ledger_entries.merchant_id = :merchant and account = 'payment' and refund_id is not null group by order_id
"""
_AT_PROVIDER = """
select charge_ref, sum(amount) from sandbox.refunds
where merchant_id = :merchant and status = 'succeeded' group by charge_ref
"""


@dataclass(frozen=True, slots=True)
class BookedBack:
    """What went back, in pence: by our ledger by order, and by the provider's books by charge."""

    ledger: Mapping[str, int]
    provider: Mapping[str, int]


async def booked(engine: AsyncEngine, merchant_id: str) -> BookedBack:
    """Read both books; the only thing that nobody reads at a page."""
    async with engine.connect() as books:
        ledger, provider = [
            {name: int(amount) for name, amount in await books.execute(text(query), {"merchant": merchant_id})}
            for query in (_IN_LEDGER, _AT_PROVIDER)
        ]
    return BookedBack(ledger, provider)


@dataclass(frozen=True, slots=True)
class CameBack:
    """One order that came back: what its customer was quoted, what the reviewer saw (pence), and how it ended."""

    order: OrderBack
    refund: Json
    quoted: int
    reviewed: int
    end: AtTheEnd


_SEEN: Mapping[str, Callable[[CameBack, BookedBack], int]] = {
    "quoted": lambda each, _: each.quoted,
    "reviewed": lambda each, _: each.reviewed,
    "total": lambda each, _: each.end.total,
    "paid": lambda each, _: each.end.paid,
    "ledger": lambda each, books: books.ledger.get(each.order.order_id, 0),
    "provider": lambda each, books: books.provider.get(charge_of(each.order.order_id), 0),
}
_IN_WORDS = {
    "quoted": "the customer's page, before the third click",
    "reviewed": "the reviewer's page",
    "total": "the customer's page at the end: the total",
    "paid": "the customer's page at the end: what was paid",
    "ledger": "our ledger",
    "provider": "the provider's books",
}


@dataclass(frozen=True, slots=True)
class PagesOutcome:
    """complaints: what browsers complained of, and answers 5xx."""

    came: tuple[CameBack, ...]
    books: BookedBack
    complaints: tuple[str, ...]

    @property
    def due(self) -> int:
        return sum(each.order.due for each in self.came)

    def pence(self, seen: str) -> int:
        return sum(_SEEN[seen](each, self.books) for each in self.came)

    def apart(self, seen: str) -> int:
        """Add up over all orders how far it is from what the file says, sign aside: no two errors cancel out."""
        return sum(abs(_SEEN[seen](each, self.books) - each.order.due) for each in self.came)

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is not as it must be."""
        apart = (f"{_IN_WORDS[seen]}: {self.apart(seen)} p apart" for seen in _SEEN if self.apart(seen))
        ends = (f"order {each.order.order_id}: {each.refund['status']}" for each in self.came if not _is_done(each))
        return (*apart, *ends, *self.complaints)

    def as_json(self) -> Json:
        return {
            "orders": len(self.came),
            "lines": sum(len(each.order.lines) for each in self.came),
            "lines_back": sum(len(each.order.units) for each in self.came),
            "units_back": sum(sum(each.order.units.values()) for each in self.came),
            "due_minor": self.due,
            **{f"{seen}_minor": self.pence(seen) for seen in _SEEN},
            "mismatch_minor": sum(self.apart(seen) for seen in _SEEN),
            "faults": len(self.faults),
        }


def _is_done(each: CameBack) -> bool:
    return bool(each.refund["status"] == "completed" and each.refund["review"]["decision"] == "approve")


def show(outcome: PagesOutcome, console: Console) -> None:
    figures = outcome.as_json()
    table = Table(title=f"{figures['orders']} orders came back through the pages alone", title_justify="left")
    for heading in ("told by", "pounds", "pence apart"):
        table.add_column(heading, justify="left" if heading == "told by" else "right")
    table.add_row("the shop's file: units × the price that was paid", _pounds(outcome.due), "")
    for seen, words in _IN_WORDS.items():
        table.add_row(words, _pounds(outcome.pence(seen)), str(outcome.apart(seen)))
    console.print(table)
    console.print(f"{figures['units_back']:,} units on {figures['lines_back']} of {figures['lines']:,} lines.")
    for fault in outcome.faults:
        console.print(f"- {fault}", markup=False)


def _pounds(pence: int) -> str:
    return f"{pence // 100:,}.{pence % 100:02}"
