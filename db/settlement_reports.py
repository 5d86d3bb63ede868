"""Settlement reports of providers: which were read, line by line, and where they differ from our ledger."""

import hashlib
import itertools
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks, sealing
from db.reported_refunds import At
from db.rows import read
from db.schema import settlement_report_parts, settlement_reports
from db.schema.sealed import sealed_row


class ReportStatus(StrEnum):
    """How far a report has come; one with a fault is refused as a whole."""

    ACCEPTED = "accepted"
    READ = "read"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What came of reading a report: its time and lines, what agrees, and how many differences there are of each kind.

    `fault` says what is wrong with one that was refused.
    """

    status: ReportStatus
    fault: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    lines: int | None = None
    matched: int | None = None
    differences: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it was taken in, and what has come of it."""

    report_id: str
    merchant_id: str
    gateway: str
    format: str
    name: str
    accepted_at: datetime
    status: ReportStatus
    fault: str | None
    since: datetime | None
    until: datetime | None
    lines: int | None
    matched: int | None
    differences: dict[str, int] | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A report that came, and whether it is another than all that came before."""

    report_id: str
    sha256: str
    is_new: bool


async def accept(
    connection: AsyncConnection, at: At, format_name: str, name: str, parts: AsyncIterable[bytes]
) -> TakenIn:
    """Take a report in, piece by piece, to be read: the same one is taken once."""
    said = {"merchant_id": at.merchant_id, "gateway": at.gateway, "format": format_name, "name": name}
    made = insert(settlement_reports).values(
        **said, status=ReportStatus.ACCEPTED, sha256=func.gen_random_uuid().cast(Text)
    )
    report_id = (await connection.execute(made.returning(settlement_reports.c.report_id))).scalar_one()
    digest, number = hashlib.sha256(), 0
    async for content in parts:
        digest.update(content)
        sealed = sealing.seal_bytes(content, _about(report_id, number), _CONTENT)
        row = {"report_id": report_id, "part": number, "merchant_id": at.merchant_id, "content": sealed}
        await connection.execute(insert(settlement_report_parts).values(row))
        number += 1
    of_account = settlement_reports.c.merchant_id == at.merchant_id, settlement_reports.c.gateway == at.gateway
    same = select(settlement_reports.c.report_id).where(*of_account, settlement_reports.c.sha256 == digest.hexdigest())
    await locks.hold(connection, "settlement_reports", at.merchant_id)
    if known := (await connection.execute(same)).scalar_one_or_none():
        await forget_content(connection, report_id)
        await connection.execute(delete(settlement_reports).where(settlement_reports.c.report_id == report_id))
        return TakenIn(str(known), digest.hexdigest(), is_new=False)
    of_report = settlement_reports.c.report_id == report_id
    await connection.execute(update(settlement_reports).where(of_report).values(sha256=digest.hexdigest()))
    return TakenIn(str(report_id), digest.hexdigest(), is_new=True)


async def content_of(connection: AsyncConnection, report_id: str) -> AsyncIterator[bytes]:
    """Read a report that was taken in, piece by piece."""
    table = settlement_report_parts
    for number in itertools.count():
        query = select(table.c.content).where(table.c.report_id == report_id, table.c.part == number)
        content = (await connection.execute(query)).scalar_one_or_none()
        if content is None:
            return
        yield sealing.opened_bytes(bytes(content), _about(report_id, number), _CONTENT)


_CONTENT = "settlement_report_parts.content"


def _about(report_id: str, number: int) -> str:
    """Reports have names and addresses of customers: each piece is sealed for its place until it is read."""
    return sealing.about_row("report", report_id, str(number))


async def forget_content(connection: AsyncConnection, report_id: str) -> None:
    """Let go of a report's bytes: its movements of refunds are kept."""
    table = settlement_report_parts
    await connection.execute(delete(table).where(table.c.report_id == report_id))


async def finish(connection: AsyncConnection, report: StoredReport, outcome: ReportOutcome) -> None:
    """Write down what came of reading a report; a fault has words of its lines."""
    of_report = settlement_reports.c.report_id == report.report_id
    came = sealed_row(settlement_reports, sealing.about_merchant(report.merchant_id), asdict(outcome))
    await connection.execute(update(settlement_reports).where(of_report).values(**came, read_at=func.now()))


async def get(connection: AsyncConnection, report_id: str) -> StoredReport | None:
    query = select(settlement_reports).where(settlement_reports.c.report_id == report_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else read(StoredReport, row)


async def of_merchant(connection: AsyncConnection, merchant_id: str, report_id: str) -> StoredReport | None:
    found = await get(connection, report_id)
    return found if found is not None and found.merchant_id == merchant_id else None


async def newest(connection: AsyncConnection, merchant_id: str, limit: int) -> list[StoredReport]:
    """List a merchant's reports, the newest first."""
    query = select(settlement_reports).where(settlement_reports.c.merchant_id == merchant_id)
    query = query.order_by(settlement_reports.c.accepted_at.desc(), settlement_reports.c.report_id).limit(limit)
    return [read(StoredReport, row) for row in await connection.execute(query)]


async def last_until(connection: AsyncConnection, at: At) -> datetime | None:
    """Tell up to which time an account's reports have been read; None where there is none."""
    table = settlement_reports
    query = select(func.max(table.c.until)).where(table.c.merchant_id == at.merchant_id, table.c.gateway == at.gateway)
    until: datetime | None = (await connection.execute(query)).scalar_one()
    return until


async def waiting(connection: AsyncConnection, older_than: timedelta) -> list[str]:
    """List reports that were taken in so long ago and have not been read."""
    table = settlement_reports
    query = select(table.c.report_id).where(table.c.status == ReportStatus.ACCEPTED)
    query = query.where(table.c.accepted_at < func.now() - older_than).order_by(table.c.accepted_at)
    return list((await connection.execute(query)).scalars())
