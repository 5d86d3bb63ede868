"""Reading a provider's settlement report against our ledger: what is missing on either side, double, or different."""

import asyncio
import gzip
import io
import logging
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import messages, reported_refunds, settlement_differences, settlement_lines
from db.reported_refunds import At, OneRefund, OurShare, Place, by_index, not_reported
from db.settlement_differences import ReportDifference
from db.settlement_lines import Settled
from db.settlement_reports import StoredReport
from domain import spelling
from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from domain.payout.keys import joined
from domain.payout.settlement_reports import Movement, SettlementDifference, SettlementLine, compare
from gateways.settlement_reports.formats import FORMATS
from gateways.settlement_reports.reading import Bounded, ReportFault
from upkeep import exchange_differences

log = logging.getLogger(__name__)

MOST_LINES = 1_000_000
MOST_BYTES = 256 * 1024 * 1024
"""A report has no more when it is unpacked: as much as so many lines have."""

_AT_ONCE = 500
_AT_ONCE_BYTES = 1024 * 1024
_GZIP = b"\x1f\x8b"
_MOST_CHARACTERS = 500
_MOST_MINOR_UNITS = 10**15
_TOLD = 10
"""So many differences of a report stand in the message to operations; all of them are in the list."""


@dataclass(slots=True)
class ReadReport:
    """What came of a report: refunds that agree, and differences; `lines` are its movements of refunds."""

    lines: int
    since: datetime
    until: datetime
    matched: int = 0
    found: list[ReportDifference] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many differences there are of each kind."""
        of_kind = Counter(each.difference for each in self.found)
        return {kind.value: of_kind[kind] for kind in SettlementDifference}


async def read_report(engine: AsyncEngine, stored: StoredReport, path: Path, beat: Callable[[], None]) -> ReadReport:
    """Read a report whose bytes lie in a file, as often as one likes: each of its lines is taken once.

    It is read through before anything is taken of it, so a report with a fault changes nothing. Raises ReportFault.
    `beat` is called now and then, to say that it is being read.
    """
    at, read_lines = At(stored.merchant_id, stored.gateway), FORMATS[stored.format]
    with _opened(path) as report:
        read = await asyncio.to_thread(_extent, _readable(read_lines(report)))
    with _opened(path) as report:
        again = await _take(engine, at, stored.report_id, read_lines(report), beat)
    await _compare_all(engine, at, stored.report_id, read, beat)
    read.found += map(_listed_twice, again)
    read.found += [_missing_there(each) async for each in _not_reported(engine, at, read, beat)]
    async with engine.begin() as connection:
        await settlement_differences.note(connection, at, stored.report_id, read.found)
        await _tell(connection, stored, read)
    return read


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a report, also one that is packed by gzip. Raises ReportFault for one that is packed badly."""
    with path.open("rb") as packed:
        is_packed = packed.read(2) == _GZIP
        packed.seek(0)
        if not is_packed:
            yield packed
            return
        with gzip.open(packed) as report:
            try:
                yield io.BufferedReader(Bounded(cast(BinaryIO, report), MOST_BYTES), _AT_ONCE_BYTES)
            except (gzip.BadGzipFile, EOFError, zlib.error) as wrong:
                raise ReportFault(f"the report is packed by gzip, and can't be unpacked: {wrong}") from wrong


def _readable(lines: Iterable[SettlementLine]) -> Iterator[SettlementLine]:
    """Whatever stands in a report: what can't be read, or kept, is its fault, and no reason to try again for ever.

    Raises ReportFault.
    """
    count = 0
    try:
        for line in lines:
            _refuse_unkept(line)
            yield line
            count += 1
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as odd:
        why = f"{type(odd).__name__}: {odd}"[:_MOST_CHARACTERS]
        raise ReportFault(f"behind {count} refunds stands what can't be read: {why}") from odd


def _refuse_unkept(line: SettlementLine) -> None:
    """Raises ReportFault for names and amounts that no table keeps."""
    for said in (line.line_id, line.reference, line.key, line.charge_ref, line.trace_number or ""):
        if len(said) > _MOST_CHARACTERS:
            raise ReportFault(f"line {line.place}: {said[:20]!r}… is longer than {_MOST_CHARACTERS} characters")
        spelling.storable(said)
    for amount in (line.amount, line.settled):
        if amount is not None and amount.currency not in DECIMALS:
            raise ReportFault(f"line {line.place}: {amount.currency!r} is no currency: an ISO 4217 code is awaited")
        if amount is not None and abs(amount.minor_units) > _MOST_MINOR_UNITS:
            raise ReportFault(f"line {line.place}: {amount.minor_units} is more than any refund comes to")


def _extent(lines: Iterable[SettlementLine]) -> ReadReport:
    """Count the lines, and tell the time that they are of. Raises ReportFault."""
    count, since, until = 0, None, None
    for line in lines:
        count += 1
        since = line.at if since is None else min(since, line.at)
        until = line.at if until is None else max(until, line.at)
        if count > MOST_LINES:
            raise ReportFault(f"the report has more than {MOST_LINES} refunds: send it in parts")
    if since is None or until is None:
        raise ReportFault("the report has no refund in it: nothing can be said by it")
    return ReadReport(count, since, until)


async def _take(
    engine: AsyncEngine, at: At, report_id: str, lines: Iterator[SettlementLine], beat: Callable[[], None]
) -> list[SettlementLine]:
    """Keep the lines; return those that the report has twice."""
    again: list[SettlementLine] = []
    while some := await asyncio.to_thread(list, islice(lines, _AT_ONCE)):
        beat()
        async with engine.begin() as connection:
            await by_index(connection)
            twice = set(await settlement_lines.add(connection, at, report_id, some))
        again += [line for line in some if line.place in twice]
    return again


async def _compare_all(engine: AsyncEngine, at: At, report_id: str, read: ReadReport, beat: Callable[[], None]) -> None:
    """Hold every refund of a report against our share of it; those that agree are settled."""
    after, differing = "", set[str]()
    while True:
        beat()
        async with engine.begin() as connection:
            await by_index(connection)
            names = await settlement_lines.references(connection, report_id, after, _AT_ONCE)
            if not names:
                return
            refunds = await reported_refunds.both_sides(connection, at, names)
            known = await reported_refunds.known_to_people(connection, at, names)
            found = [(each, _difference(each, known)) for each in refunds]
            agreed = [each for each, difference in found if difference is None]
            await settlement_differences.forget(connection, at, _names(agreed))
            await settlement_lines.mark_settled(connection, list(filter(None, map(_settled, agreed))))
            await exchange_differences.book(connection, at, [each for each, is_so in found if _is_sure(is_so)], known)
        read.matched += len(agreed)
        new = [each for _, each in found if each is not None and each.reference not in differing]
        differing |= {each.reference for each in new}  # two refunds for one share may stand on two pages
        read.found += new
        after = names[-1]


async def _not_reported(
    engine: AsyncEngine, at: At, read: ReadReport, beat: Callable[[], None]
) -> AsyncIterator[OurShare]:
    place: Place | None = None
    while True:
        beat()
        async with engine.begin() as connection:
            await by_index(connection)
            page, place = await not_reported(connection, at, read.since, read.until, place, _AT_ONCE)
        for each in page:
            yield each
        if place is None:
            return


def _difference(one: OneRefund, known: Container[str]) -> ReportDifference | None:
    """Compare both sides; what people know is none of ours is left out."""
    lines = [each for each in one.lines if each.reference not in known]
    share = one.ours.share if one.ours is not None else None
    difference = compare(lines, share)
    if difference is None:
        return None
    theirs = [each for each in lines if each.movement is Movement.REFUND] or lines
    same_currency = [each.amount for each in theirs if each.amount.currency == theirs[0].amount.currency]
    return ReportDifference(
        reference=lines[0].reference,
        difference=difference,
        refund_id=share.refund_id if share is not None else None,
        ours=share.booked if share is not None and share.booked else None,
        theirs=None if difference is SettlementDifference.FAILED_THERE else _total(same_currency),
        charge_ref=lines[0].charge_ref,
        place=lines[-1].place,
        payout_key=one.ours.key if one.ours is not None else None,
    )


def _is_sure(found: ReportDifference | None) -> bool:
    """Whether it is certain which movements are ours; of a refund that failed after all it is."""
    return found is None or found.difference is SettlementDifference.FAILED_THERE


def _total(amounts: Sequence[Money]) -> Money:
    return Money.total(amounts, amounts[0].currency)


def _listed_twice(line: SettlementLine) -> ReportDifference:
    return ReportDifference(
        line.reference, SettlementDifference.DOUBLE, None, None, line.amount, line.charge_ref, line.place
    )


def _missing_there(ours: OurShare) -> ReportDifference:
    return ReportDifference(
        reference=ours.gateway_ref or ours.key,
        difference=SettlementDifference.MISSING_THERE,
        refund_id=ours.share.refund_id,
        ours=ours.share.booked,
        theirs=None,
        charge_ref=ours.charge_ref,
        place=None,
        payout_key=ours.key,
    )


def _names(agreed: Sequence[OneRefund]) -> set[str]:
    """Every name under which a difference of these may have been noticed."""
    keys = {each.ours.key for each in agreed if each.ours is not None}
    return keys | {line.reference for each in agreed for line in each.lines}


def _settled(one: OneRefund) -> Settled | None:
    """Tell the day of a refund that is booked for good, and is ours."""
    paid = [each for each in one.lines if each.movement is Movement.REFUND and each.is_settled]
    if one.ours is None or not one.ours.share.booked or not paid:
        return None
    share, last = one.ours.share, paid[-1]
    return Settled(share.refund_id, share.payment_id, last.at.date(), last.trace_number)


async def _tell(connection: AsyncConnection, stored: StoredReport, read: ReadReport) -> None:
    """Tell operations of what differs, once for each report."""
    if not read.found:
        return
    said = [sentence(each) for each in read.found[:_TOLD]]
    said += [f"… and {len(read.found) - _TOLD} more"] if len(read.found) > _TOLD else []
    intro = f"Settlement report {stored.name} of {stored.gateway} and our ledger differ on {len(read.found)} refunds"
    body = f"{intro}: {'; '.join(said)}. All of them: GET /v1/settlement-reports/{stored.report_id}."
    subject = joined("settlement_report", stored.report_id)
    if await messages.put_for_operations(connection, stored.merchant_id, "", subject, body):
        log.error("merchant %s: %s", stored.merchant_id, intro)


def sentence(found: ReportDifference) -> str:
    """Say for people what differs."""
    where = f" (line {found.place})" if found.place is not None else ""
    ours, theirs = found.ours or "nothing", found.theirs or "nothing"
    return f"{found.reference}{where}: {found.difference}, ours {ours}, theirs {theirs}"
