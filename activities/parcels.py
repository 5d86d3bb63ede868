"""What people say of goods on their way back: sent, arrived, lost, inspected; and the same as our books have it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from db.read_models import ClaimRow
from domain.claims.stock import StockPut
from domain.said import HOUSE


@dataclass(frozen=True, slots=True)
class ReturnShipment:
    carrier: str
    tracking_number: str
    actor: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What arrived: units by line, of what is measured thousandths of one (rule 48)."""

    received: tuple[tuple[str, int], ...]
    actor: str


@dataclass(frozen=True, slots=True)
class Loss:
    """The parcel is lost on its way back; `note` says who says so.

    `lines` are the units that were in it, where others of the refund came, or are to come, in other parcels; none: all.
    """

    note: str
    actor: str
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class InspectedLine:
    """What the warehouse accepts of a line and what not; `disposition` says what becomes of the goods.

    `lesser` is how many of the accepted units are in a lesser condition, `stock` what becomes of each of them, and
    where; nothing: as `disposition` says.
    """

    line_id: str
    accepted: int
    rejected: int
    disposition: str | None
    note: str
    lesser: int = 0
    stock: tuple[StockPut, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    lines: tuple[InspectedLine, ...]
    actor: str

    def agrees_with(self, other: "Inspection") -> bool:
        """Whether both come to the same, whoever made them and whatever they remarked."""
        return {replace(line, note="") for line in self.lines} == {replace(line, note="") for line in other.lines}


def received_of(rows: Sequence[ClaimRow]) -> tuple[tuple[str, int], ...]:
    """What has arrived, going by the claims: units by line."""
    return tuple((row.line_id, row.received) for row in rows if row.received)


def inspection_of(rows: Sequence[ClaimRow]) -> Inspection | None:
    """What was inspected, going by the claims; None where nothing was."""
    lines = tuple(
        InspectedLine(row.line_id, row.accepted, row.rejected, row.disposition, "", row.lesser, stock_of(row))
        for row in rows
        if row.accepted is not None
    )
    return Inspection(lines, HOUSE) if lines else None


def stock_of(row: ClaimRow) -> tuple[StockPut, ...]:
    """What the warehouse said becomes of each accepted unit; nothing where it said a word of the line at most."""
    return () if row.stock is None else row.stock.read()
