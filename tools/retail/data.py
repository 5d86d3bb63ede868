"""The shop's real lines: what was sold, what came back, and the lines that are neither."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

VARIABLE = "MAKEWHOLE_RETAIL_DATA"
BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared" / "data" / "online_retail"


class DataMissing(Exception):
    """The shop's files are not where they are looked for."""


class Link(StrEnum):
    """How a cancellation line was linked to a sale, as `return_links_derived.csv` says it."""

    MATCHED = "matched"
    MATCHED_OTHER_PRICE = "matched_other_price"
    OVER_REMAINING_QTY = "over_remaining_qty"
    NO_EARLIER_SALE = "no_earlier_sale"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: `unit_price` in pence, `at` read as UTC, `customer_id` empty where it has none."""

    row: str
    invoice: str
    sku: str
    name: str
    quantity: int
    at: datetime
    unit_price: int
    customer_id: str

    @property
    def is_cancellation(self) -> bool:
        return self.invoice.startswith("C")


@dataclass(frozen=True, slots=True)
class Return:
    """A cancellation line and the sale line it is asked of; None where the customer never bought that SKU before."""

    cancelled: Line
    link: Link
    sale: Line | None

    @property
    def quantity(self) -> int:
        return -self.cancelled.quantity

    @property
    def age(self) -> timedelta:
        """How long after the sale the customer asked; zero where there is no sale."""
        return self.cancelled.at - self.sale.at if self.sale else timedelta(0)


@dataclass(frozen=True, slots=True)
class Retail:
    """Everything the replay needs; `orders` by invoice, `returns` in the order in which they were asked for."""

    orders: dict[str, tuple[Line, ...]]
    returns: tuple[Return, ...]
    odd: tuple[Line, ...]

    def of_every_tenth_customer(self) -> "Retail":
        """Keep the first, the eleventh, … customer by id with all that is theirs, and all odd lines."""
        customers = set(sorted({sold[0].customer_id for sold in self.orders.values()})[::10])
        return Retail(
            orders={invoice: sold for invoice, sold in self.orders.items() if sold[0].customer_id in customers},
            returns=tuple(each for each in self.returns if each.cancelled.customer_id in customers),
            odd=self.odd,
        )

    def of_the_first(self, time: timedelta) -> "Retail":
        """Keep what was sold and asked for within that time of the first sale, without the odd lines."""
        until = min(sold[0].at for sold in self.orders.values()) + time
        return Retail(
            orders={invoice: sold for invoice, sold in self.orders.items() if sold[0].at < until},
            returns=tuple(each for each in self.returns if each.cancelled.at < until),
            odd=(),
        )


def find(environment: Mapping[str, str]) -> Path:
    """Return the directory with the files; raises DataMissing."""
    place = Path(environment.get(VARIABLE) or BESIDE_THE_REPOSITORY).expanduser()
    if not (place / "lines_sample.csv").is_file():
        raise DataMissing(
            f"there is no lines_sample.csv in {place}: set {VARIABLE} to the directory that has it, "
            "with odd_lines.csv and return_links_derived.csv"
        )
    return place


def read(place: Path) -> Retail:
    """Read the three files of one directory."""
    lines = tuple(_line(row) for row in _rows(place / "lines_sample.csv"))
    orders: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if not line.is_cancellation:
            orders[line.invoice].append(line)
    returns = _returns(lines, _rows(place / "return_links_derived.csv"))
    return Retail(
        orders={invoice: tuple(sold) for invoice, sold in orders.items()},
        returns=tuple(sorted(returns, key=lambda each: (each.cancelled.at, int(each.cancelled.row)))),
        odd=tuple(_line(row) for row in _rows(place / "odd_lines.csv")),
    )


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


def _line(row: dict[str, str]) -> Line:
    return Line(
        row=row["src_row"],
        invoice=row["InvoiceNo"],
        sku=row["StockCode"],
        name=row["Description"],
        quantity=int(row["Quantity"]),
        at=datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC),
        unit_price=_pence(row["UnitPrice"]),
        customer_id=row["CustomerID"],
    )


def _pence(pounds: str) -> int:
    pence = Decimal(pounds) * 100
    if pence != int(pence):
        raise ValueError(f"{pounds} pounds are no whole number of pence")
    return int(pence)


def _returns(lines: tuple[Line, ...], links: Iterator[dict[str, str]]) -> Iterator[Return]:
    by_row = {line.row: line for line in lines}
    for row in links:
        cancelled, link = by_row[row["return_row"]], Link(row["status"])
        sale = _newest_sale(cancelled, lines) if link is Link.OVER_REMAINING_QTY else by_row.get(row["sale_row"])
        yield Return(cancelled, link, sale)


def _newest_sale(cancelled: Line, lines: tuple[Line, ...]) -> Line:
    """Return the last line that sold this SKU to this customer before: no single one has enough left."""
    same = (line for line in lines if (line.customer_id, line.sku) == (cancelled.customer_id, cancelled.sku))
    earlier = (line for line in same if not line.is_cancellation and line.at <= cancelled.at)
    return max(earlier, key=lambda line: (line.at, int(line.row)))
