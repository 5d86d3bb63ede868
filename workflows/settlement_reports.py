"""Reading settlement reports: each that was taken in, and by a Schedule what providers report by themselves."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError

from workflows.failures import reason_of

READ = "read_settlement_report"
WAITING = "settlement_reports_waiting"
ACCOUNTS = "accounts_with_settlement_reports"
FETCH = "fetch_settlement_report"
NOT_FETCHED = "tell_settlement_report_not_fetched"
NOT_READ = "tell_settlement_report_not_read"
"""The names of the activities (`upkeep/report_reading.py`)."""

_ATTEMPT = timedelta(minutes=30)
_SIGN_OF_LIFE = timedelta(minutes=1)
_ALTOGETHER = timedelta(days=1)
_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10))
"""A provider or a database may be away for hours; the next day's report comes round anyway."""


@dataclass(frozen=True, slots=True)
class ReportingAccount:
    """A merchant's account at a provider who reports what was settled."""

    merchant_id: str
    gateway: str

    @property
    def workflow_id(self) -> str:
        name = hashlib.sha256(f"{self.merchant_id}\0{self.gateway}".encode()).hexdigest()[:24]
        return f"settlement-of-{name}"


def report_workflow_id(report_id: str) -> str:
    return f"settlement-report-{report_id}"


@workflow.defn(name="SettlementReport")
class SettlementReportWorkflow:
    """Reads one report that was taken in; what is wrong with it stands in its row."""

    @workflow.run
    async def run(self, report_id: str) -> None:
        await _read(report_id)


@workflow.defn(name="SettlementOfAccount")
class SettlementOfAccountWorkflow:
    """Fetches what one account's provider has settled since the last time, and reads it.

    Where that could not be done in a day, operations are told, and it ends as failed; the next day's begins anyway.
    """

    @workflow.run
    async def run(self, account: ReportingAccount) -> None:
        try:
            report_id = await _do(FETCH, str | None, account)
        except ActivityError as failed:
            await _do(NOT_FETCHED, None, account, reason_of(failed))
            raise
        if report_id:
            await _read(report_id)


@workflow.defn(name="SettlementReports")
class SettlementReportsWorkflow:
    """Begins the round of the day: a workflow for every account, so that one which does not answer holds no other up.

    An account of which yesterday's is still at it is left to that.
    """

    @workflow.run
    async def run(self, after: ReportingAccount | None = None) -> None:
        if after is None:
            for report_id in await _do(WAITING, list[str]):
                await _begin(SettlementReportWorkflow.run, report_id, report_workflow_id(report_id))
        accounts = await _do(ACCOUNTS, list[ReportingAccount], after)
        for account in accounts:
            await _begin(SettlementOfAccountWorkflow.run, account, account.workflow_id)
        if accounts:
            workflow.continue_as_new(accounts[-1])


WORKFLOWS = (SettlementReportWorkflow, SettlementOfAccountWorkflow, SettlementReportsWorkflow)


async def _read(report_id: str) -> None:
    try:
        await _do(READ, str | None, report_id)
    except ActivityError as failed:
        await _do(NOT_READ, None, report_id, reason_of(failed))
        raise


async def _begin(run: Any, given: str | ReportingAccount, workflow_id: str) -> None:
    try:
        await workflow.start_child_workflow(
            run, given, id=workflow_id, parent_close_policy=workflow.ParentClosePolicy.ABANDON
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("%s is at it already", workflow_id)


async def _do(name: str, result_type: Any, *given: str | ReportingAccount | None) -> Any:
    return await workflow.execute_activity(
        name,
        args=given,
        result_type=result_type,
        start_to_close_timeout=_ATTEMPT,
        heartbeat_timeout=_SIGN_OF_LIFE,
        schedule_to_close_timeout=_ALTOGETHER,
        retry_policy=_RETRIES,
    )
