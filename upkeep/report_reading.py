"""Settlement reports, read and fetched as activities of `workflows/settlement_reports.py`."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError

from db import gateway_accounts, messages, server_clock, settlement_reports
from db.engine import snapshots
from db.reported_refunds import At
from db.settlement_reports import ReportOutcome, ReportStatus, StoredReport
from db.whose import Everyones, of_everyone, of_merchant
from domain.payout.keys import joined
from domain.payout.settlement_reports import SettlementDifference
from gateways.ports import GatewayStatus
from gateways.registry import ADAPTERS
from gateways.settlement_reports.reading import ReportFault
from service.gateway_accounts import Gateways
from temporal_client.payout_events import note_payout_event
from upkeep.settlement_reports import ReadReport, read_report
from workflows.contract import TASK_QUEUE
from workflows.settlement_reports import ReportingAccount, SettlementReportsWorkflow

log = logging.getLogger(__name__)

SCHEDULE_ID = "settlement-reports"
_EACH_DAY = ScheduleCalendarSpec(hour=[ScheduleRange(4)], minute=[ScheduleRange(30)])
"""At 4:30 UTC, 12:30 in China: by then the bills of the day before are there (WeChat Pay: 10:00)."""

_LEFT_ALONE_FOR = timedelta(hours=1)
_LOOKS_BACK = timedelta(days=7)
_OVERLAP = timedelta(days=1)
_ACCOUNTS_AT_ONCE = 200
_ROUND = timedelta(days=1)
_PIECE = 1024 * 1024


class SettlementReports:
    def __init__(self, engine: AsyncEngine, client: Client, gateways: Gateways) -> None:
        self._engine = engine
        self._client = client
        self._gateways = gateways

    @property
    def activities(self) -> Sequence[Callable[..., Awaitable[Any]]]:
        return (
            self.read_settlement_report,
            self.settlement_reports_waiting,
            self.accounts_with_settlement_reports,
            self.fetch_settlement_report,
            self.tell_settlement_report_not_fetched,
            self.tell_settlement_report_not_read,
        )

    # No undo: it books and notes what a provider says; what that says otherwise later is booked anew.
    @activity.defn
    async def read_settlement_report(self, report_id: str) -> str | None:
        """Read a report that was taken in, and write down what came of it; one with a fault is refused as a whole."""
        stored = await self._stored(report_id)
        if stored is None or stored.status is not ReportStatus.ACCEPTED:
            return None
        with of_merchant(stored.merchant_id):
            return await self._read(stored)

    async def _read(self, stored: StoredReport) -> str | None:
        async with self._lying_in_a_file(stored.report_id) as path:
            try:
                read = await read_report(self._engine, stored, path, activity.heartbeat)
            except ReportFault as fault:
                await self._finish(stored, ReportOutcome(ReportStatus.REFUSED, fault=str(fault)))
                return None
        await self._look_into(read)
        outcome = ReportOutcome(ReportStatus.READ, None, read.since, read.until, read.lines, read.matched, read.counts)
        await self._finish(stored, outcome)
        return stored.report_id

    @activity.defn
    async def settlement_reports_waiting(self) -> list[str]:
        """List reports that were taken in while Temporal was away, and that nobody reads."""
        with of_everyone(Everyones.SETTLEMENT_REPORTS):
            async with snapshots(self._engine).connect() as connection:
                return await settlement_reports.waiting(connection, _LEFT_ALONE_FOR)

    @activity.defn
    async def accounts_with_settlement_reports(self, after: ReportingAccount | None) -> list[ReportingAccount]:
        """List some accounts whose providers report by themselves, in order, from the one after `after` on."""
        able = [name for name, adapter in ADAPTERS.items() if adapter.settlement_format]
        place = ("", "") if after is None else (after.merchant_id, after.gateway)
        with of_everyone(Everyones.SETTLEMENT_REPORTS):
            async with snapshots(self._engine).connect() as connection:
                found = await gateway_accounts.of_adapters(connection, able, place, _ACCOUNTS_AT_ONCE)
        return [ReportingAccount(*each) for each in found]

    # No undo: what it takes in is read, and a report that is taken in twice is the same.
    @activity.defn
    async def fetch_settlement_report(self, account: ReportingAccount) -> str | None:
        """Take in what a provider has settled since the last report; tell its id, None where it has nothing."""
        at = At(account.merchant_id, account.gateway)
        async with snapshots(self._engine).connect() as connection:
            now = await server_clock.now(connection)
            last = await settlement_reports.last_until(connection, at)
        since = now - _LOOKS_BACK if last is None else last - _OVERLAP
        adapter, format_name = await self._gateways.reporting(account.merchant_id, account.gateway)
        with tempfile.TemporaryDirectory() as room:
            path = Path(room) / "report"
            with path.open("wb") as report:
                async for piece in adapter.settlement_report(since, now):
                    report.write(piece)
                    activity.heartbeat()
            if not path.stat().st_size:
                return None
            name = f"{account.gateway} {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M}"
            async with self._engine.begin() as connection:
                taken = await settlement_reports.accept(connection, at, format_name, name, _pieces_of(path))
            return taken.report_id

    # No undo: a message that operations have read can't be taken back.
    @activity.defn
    async def tell_settlement_report_not_fetched(self, account: ReportingAccount, why: str) -> None:
        """Tell operations that a provider's reports lack, and from when on; once until there is one again."""
        at = At(account.merchant_id, account.gateway)
        with of_merchant(account.merchant_id):
            async with self._engine.begin() as connection:
                last = await settlement_reports.last_until(connection, at)
                since = "so far" if last is None else f"since {last:%Y-%m-%d %H:%M} UTC"
                body = f"What {account.gateway} has settled {since} could not be fetched for a day: {why}"
                subject = joined("settlement_report_not_fetched", account.gateway, since)
                await messages.put_for_operations(connection, account.merchant_id, "", subject, body)

    # No undo: likewise.
    @activity.defn
    async def tell_settlement_report_not_read(self, report_id: str, why: str) -> None:
        """Tell operations that a report was taken in and could not be read, once; it is tried again each day."""
        stored = await self._stored(report_id)
        if stored is None:
            return
        body = f"Settlement report {stored.name} of {stored.gateway} could not be read for a day: {why}"
        subject = joined("settlement_report_not_read", report_id)
        with of_merchant(stored.merchant_id):
            async with self._engine.begin() as connection:
                await messages.put_for_operations(connection, stored.merchant_id, "", subject, body)

    async def _stored(self, report_id: str) -> StoredReport | None:
        with of_everyone(Everyones.SETTLEMENT_REPORTS):
            async with snapshots(self._engine).connect() as connection:
                return await settlement_reports.get(connection, report_id)

    @asynccontextmanager
    async def _lying_in_a_file(self, report_id: str) -> AsyncIterator[Path]:
        with tempfile.TemporaryDirectory() as room:
            path = Path(room) / "report"
            with path.open("wb") as report:
                async with snapshots(self._engine).connect() as connection:
                    async for piece in settlement_reports.content_of(connection, report_id):
                        report.write(piece)
                        activity.heartbeat()
            yield path

    async def _look_into(self, read: ReadReport) -> None:
        """Have refunds look whether a payout has failed that is paid here (rule 35)."""
        for each in read.found:
            if each.difference is SettlementDifference.FAILED_THERE and each.payout_key is not None:
                key, reference = each.payout_key, each.reference
                await note_payout_event(self._client, self._engine, key, GatewayStatus.FAILED, reference)

    async def _finish(self, stored: StoredReport, outcome: ReportOutcome) -> None:
        async with self._engine.begin() as connection:
            await settlement_reports.finish(connection, stored, outcome)
            await settlement_reports.forget_content(connection, stored.report_id)
            if outcome.fault is not None:
                body = f"Settlement report {stored.name} of {stored.gateway} was refused: {outcome.fault}"
                subject = joined("settlement_report", stored.report_id)
                await messages.put_for_operations(connection, stored.merchant_id, "", subject, body)


async def _pieces_of(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as report:
        while piece := await asyncio.to_thread(report.read, _PIECE):
            yield piece


async def keep_schedule(client: Client) -> None:
    """See to it that Temporal has the Schedule by which reports are fetched, once for all workers.

    When it comes round, and whether it is paused, is what operations have made of it.
    """
    begins = ScheduleActionStartWorkflow(
        SettlementReportsWorkflow.run, args=[None], id=SCHEDULE_ID, task_queue=TASK_QUEUE, execution_timeout=_ROUND
    )
    # Each account's workflow begins once, so rounds can't get into each other's way.
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=_ROUND)
    schedule = Schedule(action=begins, spec=ScheduleSpec(calendars=[_EACH_DAY]), policy=policy)

    def as_it_is(now: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(replace(now.description.schedule, action=begins, policy=policy))

    try:
        await client.create_schedule(SCHEDULE_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SCHEDULE_ID).update(as_it_is)
    except RPCError as refused:
        log.warning("no Schedule %s (%s): settlement reports are read only when sent", SCHEDULE_ID, refused)
