"""CSV: a row for the order and one for each line, discount, payment and refund of it, put together by `order_id`."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from importers.amounts import Inexact, minor_units
from importers.copies import put_together
from importers.outcome import ImportedOrder, Json, Notes, Read, RefusedOrder, Unreadable
from importers.own.columns import COLUMNS, SHARED, Holds, RowKind

_LISTS = {RowKind.LINE: "lines", RowKind.DISCOUNT: "discounts", RowKind.PAYMENT: "payments"}
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class _Row:
    kind: RowKind
    order_id: str
    cells: Mapping[str, str]
    path: str


@dataclass(slots=True)
class _Gathered:
    """The rows of each order, and what is wrong with it: one broken row refuses its order and no other."""

    rows: dict[str, list[_Row]] = field(default_factory=dict)
    wrong: dict[str, Unreadable] = field(default_factory=dict)
    refused: list[RefusedOrder] = field(default_factory=list)


def read(name: str, text: str) -> Read:
    """Read a table with a heading; a broken row refuses its order."""
    gathered = _Gathered()
    try:
        _gather(name, text, gathered)
    except Unreadable as wrong:
        return Read((), (RefusedOrder("", wrong.path, wrong.why),), Notes())
    orders: list[ImportedOrder] = []
    for order_id, rows in gathered.rows.items():
        try:
            if order_id in gathered.wrong:
                raise gathered.wrong[order_id]
            orders.append(_order(order_id, rows))
        except Unreadable as wrong:
            gathered.refused.append(RefusedOrder(order_id, wrong.path, wrong.why))
    return Read(tuple(orders), tuple(gathered.refused), Notes())


def join(tables: Iterable[Read]) -> Read:
    """Join what several tables say; of an order that stands in several the last change counts."""
    found: dict[str, list[ImportedOrder]] = {}
    refused: list[RefusedOrder] = []
    for table in tables:
        refused += table.refused
        for order in table.orders:
            found.setdefault(order.order_id, []).append(order)
    broken = {each.order_id: Unreadable(each.path, each.why) for each in refused}
    orders, without = put_together(found, broken)
    return Read(tuple(orders), (*refused, *without), Notes())


def _gather(name: str, text: str, gathered: _Gathered) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading: list[str] = []
    try:
        for cells in reader:
            path = f"{name}:{reader.line_num}"
            if not heading:
                heading = _heading(cells, path)
            elif any(cells):
                _add(heading, cells, path, gathered)
    except csv.Error as broken:
        raise Unreadable(f"{name}:{reader.line_num}", f"this is no CSV: {broken}; nothing of it is taken") from broken


def _heading(cells: list[str], path: str) -> list[str]:
    known = {*SHARED, *(column for columns in COLUMNS.values() for column in columns)}
    names = [cell.strip() for cell in cells]
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names) or not set(SHARED) <= set(names):
        what = f"there is no column {unknown[0]!r}" if unknown else "row and order_id must be there, and each once"
        raise Unreadable(path, f"{what}: docs/importing.md has the columns")
    return names


def _add(heading: list[str], cells: list[str], path: str, gathered: _Gathered) -> None:
    row = dict(zip(heading, (cell.strip() for cell in cells), strict=False))
    order_id = row.get("order_id", "")
    try:
        if len(cells) != len(heading):
            raise Unreadable(path, f"it has {len(cells)} cells, the heading {len(heading)}")
        if not order_id:
            raise Unreadable(f"{path}/order_id", "this must be there")
        gathered.rows.setdefault(order_id, []).append(_row(row, order_id, path))
    except Unreadable as wrong:
        if not order_id:
            gathered.refused.append(RefusedOrder("", wrong.path, wrong.why))
            return
        gathered.rows.setdefault(order_id, [])
        gathered.wrong.setdefault(order_id, wrong)


def _row(row: dict[str, str], order_id: str, path: str) -> _Row:
    said = row["row"]
    if said not in list(RowKind):
        raise Unreadable(f"{path}/row", f"{said!r} is none of {', '.join(RowKind)}")
    kind = RowKind(said)
    filled = {name: cell for name, cell in row.items() if cell and name not in SHARED}
    for name in filled:
        if name not in COLUMNS[kind]:
            raise Unreadable(f"{path}/{name}", f"a row of {kind} has no {name}: it would be lost")
    return _Row(kind, order_id, filled, path)


def _order(order_id: str, rows: list[_Row]) -> ImportedOrder:
    heads = [row for row in rows if row.kind is RowKind.ORDER]
    if len(heads) != 1:
        raise Unreadable(
            rows[0].path,
            f"the order has {len(heads)} rows that say order: it needs one; as it was and as it is now stand in a file "
            "each, with updated_at",
        )
    head = heads[0]
    currency = head.cells.get("currency", "")
    fields = dict(_cells(head, currency))
    guest = {name: fields.pop(f"guest_{name}") for name in ("email", "phone") if f"guest_{name}" in fields}
    shipping = {"amount": fields.pop("shipping", 0), "tax": fields.pop("shipping_tax", 0)}
    body: Json = {**fields, **({"guest": guest} if guest else {}), "shipping": shipping}
    body |= {name: [dict(_cells(row, currency)) for row in rows if row.kind is kind] for kind, name in _LISTS.items()}
    return ImportedOrder(order_id, body, head.path, _refunds(rows, currency))


def _refunds(rows: list[_Row], currency: str) -> tuple[Json, ...]:
    refunds: dict[str, Json] = {}
    for row in (each for each in rows if each.kind is RowKind.REFUND):
        name = row.cells.get("external_id", "")
        if not name or name in refunds:
            raise Unreadable(f"{row.path}/external_id", "each refund has an external_id of its own")
        refunds[name] = dict(_cells(row, currency))
    for row in (each for each in rows if each.kind is RowKind.REFUND_LINE):
        line = {name: value for name, value in _cells(row, currency) if name != "external_id"}
        refund = refunds.get(row.cells.get("external_id", ""))
        if refund is None:
            raise Unreadable(f"{row.path}/external_id", "the order has no row of a refund with this external_id")
        refund.setdefault("lines", []).append(line)
    return tuple(refunds.values())


def _cells(row: _Row, currency: str) -> Iterator[tuple[str, object]]:
    for name, cell in row.cells.items():
        try:
            yield name, _value(COLUMNS[row.kind][name], cell, currency)
        except ValueError as wrong:
            raise Unreadable(f"{row.path}/{name}", str(wrong)) from wrong


def _value(holds: Holds, cell: str, currency: str) -> object:
    match holds:
        case Holds.AMOUNT:
            return _amount(cell, currency)
        case Holds.NUMBER:
            return _whole(cell)
        case Holds.QUANTITY:
            return int(cell) if cell.isascii() and cell.isdigit() else cell
        case Holds.FLAG:
            if cell.lower() not in _FLAGS:
                raise ValueError(f"{cell!r} is neither true nor false")
            return _FLAGS[cell.lower()]
        case Holds.NAMES:
            return cell.split()
        case _:
            return cell


def _amount(cell: str, currency: str) -> int:
    """Read 600.00; what might as well be minor units is refused."""
    minor = minor_units(cell, currency)
    if "." not in cell and minor != int(cell):
        raise Inexact(f"write {cell} {currency} with its decimals: nobody can tell units from minor units here")
    return minor


def _whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise ValueError(f"{cell!r} is no whole number")
    return int(cell)
