"""Bulks of refunds, the lines of one order at a time: rehearsed for the preview, and begun as a request would be.

The lines of an order go in one transaction, in their order, so that each is judged against what the ones before it
leave, in the preview as when they are begun. What is stored of a line and what is noted of it are of one transaction:
however often it is tried, it is begun once.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import bulk_lines, bulks
from db.api_keys import Caller, Role, person_in
from db.bulk_lines import AskedLine, LineOutcome, WrongField
from db.read_models import Refund
from db.weights import TooHeavy
from domain.refusals import RefundRejected
from domain.settlement.bulk import BulkStatus, LinePreview, LineStatus
from service import requests
from service.refund_rights import Rights
from service.refused import RequestRefused
from service.requests import RefundOrigin

log = logging.getLogger(__name__)

CHANGED = "changed"
"""The code of a line that comes to something else than its preview said."""

FAILED = "internal_error"

_PASSES = (SQLAlchemyError, OSError, TooHeavy)
_NEVER_PASSES = (DataError, IntegrityError)


@dataclass(frozen=True, slots=True)
class BulkRef:
    """Which bulk a step is about."""

    bulk_id: str
    merchant_id: str


@dataclass(frozen=True, slots=True)
class GroupDone:
    """How many lines were looked at, and the refunds that were stored for them: their runs are still to be started."""

    lines: int = 0
    begun: tuple[Refund, ...] = ()


def refund_id_of(bulk_id: str, line: int) -> str:
    """Name the refund of a line: the same one, whoever begins it and however often."""
    return f"rf_{hashlib.sha256(f'{bulk_id}:{line}'.encode()).hexdigest()[:20]}"


class BulkLines:
    def __init__(self, engine: AsyncEngine, rights: Rights) -> None:
        self._engine = engine
        self._rights = rights

    async def preview_group(self, ref: BulkRef) -> GroupDone:
        """Say what the next order's lines would come to; of several each but the last is tried out, and undone."""
        async with self._engine.connect() as connection:
            asked_by = await bulks.hold_shared(connection, ref.bulk_id, BulkStatus.PREVIEWING)
            if asked_by is None:
                return GroupDone()
            lines = await bulk_lines.next_group(connection, ref.bulk_id, LineStatus.WAITING)
            try:
                outcomes = await self._rehearse(connection, ref, _caller(ref, asked_by), lines)
            except Exception as bug:
                outcomes = _failed(ref, lines, bug)
                await connection.rollback()
            if len(lines) > 1 or any(line.request.beneficiary for line in lines):
                await connection.rollback()  # what was tried out, or noted of who receives a gift
            if connection.in_transaction() or await _is_still(connection, ref, BulkStatus.PREVIEWING):
                await bulk_lines.note(connection, ref.bulk_id, outcomes)
            await connection.commit()
        return GroupDone(len(lines))

    async def begin_group(self, ref: BulkRef) -> GroupDone:
        """Begin the next order's lines, those that still come to what their preview said."""
        lines: list[AskedLine] = []
        try:
            async with self._engine.begin() as connection:
                asked_by = await bulks.hold_shared(connection, ref.bulk_id, BulkStatus.RUNNING)
                if asked_by is None:
                    return GroupDone()
                lines = await bulk_lines.next_group(connection, ref.bulk_id, LineStatus.READY)
                begun = [await self._begin(connection, ref, _caller(ref, asked_by), line) for line in lines]
                await bulk_lines.note(connection, ref.bulk_id, [outcome for outcome, _ in begun])
        except Exception as bug:
            outcomes = _failed(ref, lines, bug)
            async with self._engine.begin() as connection:
                if await _is_still(connection, ref, BulkStatus.RUNNING):
                    await bulk_lines.note(connection, ref.bulk_id, outcomes)
            return GroupDone(len(lines))
        return GroupDone(len(lines), tuple(refund for _, refund in begun if refund is not None))

    async def _rehearse(
        self, connection: AsyncConnection, ref: BulkRef, caller: Caller, lines: Sequence[AskedLine]
    ) -> list[LineOutcome]:
        outcomes, named = list[LineOutcome](), dict[str, int]()
        for line in lines:
            origin = _origin(ref, line)
            try:
                quoted = await requests.examine(connection, caller, line.request)
            except (RefundRejected, RequestRefused) as no:
                outcomes.append(_refused(line, LineStatus.REFUSED, no, named))
                continue
            if line is not lines[-1]:
                refund = await requests.store(connection, caller, line.request, quoted, origin)
                await self._rights.judge_request(connection, refund, quoted.policy.policy)
                named[origin.refund_id] = line.line
            preview = LinePreview.of(quoted.settlement, line.request.reason, quoted.kind)
            outcomes.append(LineOutcome(line.line, LineStatus.READY, preview))
        return outcomes

    async def _begin(
        self, connection: AsyncConnection, ref: BulkRef, caller: Caller, line: AskedLine
    ) -> tuple[LineOutcome, Refund | None]:
        try:
            quoted = await requests.examine(connection, caller, line.request)
        except (RefundRejected, RequestRefused) as no:
            return _refused(line, LineStatus.CHANGED, no, {}), None
        assert line.preview is not None
        now = LinePreview.of(quoted.settlement, line.request.reason, quoted.kind)
        if (difference := now.unlike(line.preview)) is not None:
            return LineOutcome(line.line, LineStatus.CHANGED, code=CHANGED, detail=difference), None
        refund = await requests.store(connection, caller, line.request, quoted, _origin(ref, line))
        await self._rights.judge_request(connection, refund, quoted.policy.policy)
        return LineOutcome(line.line, LineStatus.BEGUN, refund_id=refund.refund_id), refund


def _caller(ref: BulkRef, asked_by: str) -> Caller:
    """Speak for whoever sent the bulk: a person of the staff approves none of its refunds (rule 33)."""
    return Caller(ref.merchant_id, Role.OPS, None, person=person_in(asked_by))


def _origin(ref: BulkRef, line: AskedLine) -> RefundOrigin:
    return RefundOrigin(refund_id_of(ref.bulk_id, line.line), {"bulk_id": ref.bulk_id, "bulk_line": line.line})


async def _is_still(connection: AsyncConnection, ref: BulkRef, status: BulkStatus) -> bool:
    return await bulks.hold_shared(connection, ref.bulk_id, status) is not None


def _refused(
    line: AskedLine, status: LineStatus, no: RefundRejected | RequestRefused, named: Mapping[str, int]
) -> LineOutcome:
    """Say why not; a refund that was only tried out is called by its line."""
    detail = str(no)
    for refund_id, number in named.items():
        detail = detail.replace(f"refund {refund_id}", f"line {number}")
    pointer = no.pointer if isinstance(no, RequestRefused) else ""
    errors = (WrongField(pointer, detail),) if pointer else ()
    return LineOutcome(line.line, status, code=no.code, detail=detail, errors=errors)


def _failed(ref: BulkRef, lines: Sequence[AskedLine], bug: Exception) -> list[LineOutcome]:
    """Leave the lines of one order out, so that they stop no others; raises again what passes by itself."""
    if isinstance(bug, _PASSES) and not isinstance(bug, _NEVER_PASSES):
        raise bug
    numbers = ", ".join(str(line.line) for line in lines)
    log.error("bulk %s: lines %s can't be asked for", ref.bulk_id, numbers, exc_info=bug)
    detail = "something went wrong here; it has been logged"
    return [LineOutcome(line.line, LineStatus.FAILED, code=FAILED, detail=detail) for line in lines]
