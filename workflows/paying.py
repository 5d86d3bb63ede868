"""The pivot: each payment's share to a definite yes or no, then only forward (rules 11, 35 and 36)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.late_failures import PAYOUT_REVERSED, LateFailures
    from activities.payout_books import PayOut, PayoutResult
    from activities.payouts import TRANSFER_FAILED, UNKNOWN_REFUND, Payouts
    from activities.settlement import PlannedPayout, SettlementSummary
    from domain.explain.endings import HouseReason
    from domain.explain.messages import Topic, format_money
    from domain.lifecycle import PayoutStatus, RefundStatus
    from domain.policy import DeclinedTender
    from domain.said import GATEWAY
    from gateways.ports import BALANCE_TOO_LOW, DISPUTED
    from workflows.contract import PAY_OUT, Resolution, shortened
    from workflows.failures import reason_of
    from workflows.intake import Intake, Phase
    from workflows.retries import (
        BALANCE_PATIENCE,
        FIRST_LOOK,
        LONGEST_BETWEEN_LOOKS,
        PENDING_PATIENCE,
        SHORTEST_TURN,
        payout_by,
    )
    from workflows.reviewing import RefundRefused
    from workflows.steps import Steps
    from workflows.visibility import Progress, WaitsFor

_ACTIONS = (Resolution.RETRY, Resolution.DONE_BY_HAND)
_CHARGED_BACK = "the payment was charged back: the customer has the money already"
_FOR_A_PERSON = (DISPUTED, PAYOUT_REVERSED, UNKNOWN_REFUND)
"""No store credit by rule where the customer may have the money, or will have it."""

_PATIENCE = {PayoutStatus.PENDING: PENDING_PATIENCE, PayoutStatus.WAITING_FOR_BALANCE: BALANCE_PATIENCE}
_OVERDUE = {
    PayoutStatus.PENDING: "is pending for days",
    PayoutStatus.WAITING_FOR_BALANCE: "waits for the merchant's balance at the provider for a day: top it up there",
}
"""What has not been decided: for how long nobody is asked about it, and what they are told then."""

_TRANSFER_ACTIONS = (Resolution.DONE_BY_HAND, Resolution.FAILED)

_BY_HAND = PayoutResult(PayoutStatus.SUCCEEDED, None)
"""It was booked when the answer was noted (`activities/attention.py`)."""

_TRANSFER_FAILED = PayoutResult(PayoutStatus.DECLINED, TRANSFER_FAILED)
"""Likewise."""


class Paying:
    def __init__(self, intake: Intake, steps: Steps, progress: Progress) -> None:
        self._intake = intake
        self._steps = steps
        self._progress = progress
        self._is_past_the_pivot = False
        self._told_of_shortage_in: int | None = None
        self._providers: Mapping[str, str] = {}

    def begin_past_the_pivot(self) -> None:
        """Money has gone back in an earlier run: nothing can be refused any more."""
        self._intake.phase = Phase.PAYOUT
        self._is_past_the_pivot = True

    def is_paid_by(self, settled: SettlementSummary) -> None:
        """Know who pays each share: they are asked on task queues of their own."""
        self._providers = {each.payment_id: each.provider for each in settled.payouts}

    async def pay_everyone(self, settled: SettlementSummary, rule: DeclinedTender) -> None:
        """Pay every share, each judged by itself (rule 46).

        Raises RefundRefused only where every share is disputed and nothing has been paid.
        """
        self._intake.phase = Phase.PAYOUT
        self.is_paid_by(settled)
        self._steps.enter(RefundStatus.PAYING_OUT)
        await self._pay_one_by_one(settled.payouts, rule)
        self._is_past_the_pivot = True
        await self._steps.run_required(Payouts.confirm_payouts, self._steps.refund)

    async def _pay_one_by_one(self, shares: Sequence[PlannedPayout], rule: DeclinedTender) -> None:
        """Ask for all shares first, then see to those that are not paid at once; what is disputed holds no other up."""
        answers = [(share, await self._ask(Payouts.pay_out, self._command(share.payment_id))) for share in shares]
        disputed: list[tuple[PlannedPayout, PayoutResult]] = []
        for share, answer in sorted(answers, key=_is_open):
            result = await self._paid_or_disputed(share, answer, rule)
            if result.status is PayoutStatus.SUCCEEDED:
                self._note_paid(share)
            else:
                disputed.append((share, result))
        if disputed and not self._is_past_the_pivot:
            raise RefundRefused(_CHARGED_BACK, HouseReason.PAYMENT_DISPUTED)
        for share, result in disputed:
            command = self._command(share.payment_id)
            while result.status is not PayoutStatus.SUCCEEDED:
                result = await self._declined(command, result, rule)
            self._note_paid(share)

    async def _paid_or_disputed(self, share: PlannedPayout, result: PayoutResult, rule: DeclinedTender) -> PayoutResult:
        command = self._command(share.payment_id)
        result = await self._definite(command, result)
        while result.status is not PayoutStatus.SUCCEEDED and result.decline_code != DISPUTED:
            result = await self._declined(command, result, rule)
        return result

    def _command(self, payment_id: str) -> PayOut:
        return PayOut(self._steps.refund, payment_id, self._providers.get(payment_id, ""))

    def _note_paid(self, share: PlannedPayout) -> None:
        self._is_past_the_pivot = True
        self._progress.log(f"{format_money(share.amount)} paid to {share.payment_id}")

    async def failed_later(self) -> bool:
        """Look into payouts that are said to have failed after they succeeded; tell whether one has (rule 35)."""
        has_failed = False
        while self._intake.failures:
            command = self._command(self._intake.failures.popleft())
            patience = payout_by(command.provider)
            is_taken_back = await self._steps.run_required(LateFailures.take_back_payout, command, patience=patience)
            if is_taken_back:
                self._progress.log(f"**the payout to {command.payment_id} failed after it had succeeded**")
            has_failed = has_failed or is_taken_back
        if has_failed:
            self._is_past_the_pivot = True
            self._steps.enter(RefundStatus.PAYING_OUT)
            self._steps.notify(Topic.PAYOUT_FAILED)
        return has_failed

    async def _ask(self, do: Callable[[Any, PayOut], Awaitable[PayoutResult]], command: PayOut) -> PayoutResult:
        """Ask until somebody answers: the provider, or a person who settled it by hand."""
        while True:
            try:
                return await self._steps.attempt(do, command, payout_by(command.provider))
            except FailureError as failed:
                reason = f"{command.payment_id}: {reason_of(failed)}"
                help_ = await self._steps.ask_until_retry(PAY_OUT, reason, _ACTIONS, payment_id=command.payment_id)
                if help_.action is Resolution.DONE_BY_HAND:
                    return _BY_HAND

    async def _definite(self, command: PayOut, result: PayoutResult) -> PayoutResult:
        """Look a payout up that is not decided until it is a yes or a no; only a success is paid."""
        if result.is_by_hand:
            return await self._transferred(command)
        result = await self._in_its_turn(command, result)
        pause, started, status = FIRST_LOOK, self._steps.time.now(), result.status
        patience = (
            timedelta() if command.payment_id == self._intake.asked_about else _PATIENCE.get(status, PENDING_PATIENCE)
        )
        while result.status in _PATIENCE:
            if result.status is not status:
                pause, started, status = FIRST_LOOK, self._steps.time.now(), result.status
                patience = _PATIENCE[status]
            if status is PayoutStatus.WAITING_FOR_BALANCE:
                pause = LONGEST_BETWEEN_LOOKS
                self._tell_of_the_shortage()
            if self._steps.time.now() - started > patience and self._steps.needs is None:
                reason = f"{command.payment_id} {_OVERDUE[status]}"
                await self._steps.request_attention(PAY_OUT, reason, _ACTIONS, payment_id=command.payment_id)
            await self._wait_for_event(command, status, pause)
            pause = min(pause * 2, LONGEST_BETWEEN_LOOKS)
            if self._steps.resolution is not None:
                resolution = await self._steps.take_resolution()
                if resolution.action is Resolution.DONE_BY_HAND:
                    return _BY_HAND
                started, patience = self._steps.time.now(), _PATIENCE[status]
            result = await self._ask(Payouts.look_up_payout, command)
        if self._steps.resolution is not None:
            await self._steps.take_resolution()
        elif self._steps.needs is not None:
            await self._steps.clear_attention("decided", GATEWAY, f"{command.payment_id} is {result.status}")
        return result

    async def _in_its_turn(self, command: PayOut, result: PayoutResult) -> PayoutResult:
        """Wait until the provider takes another refund of the payment, and ask again, until it was asked."""
        while result.not_before is not None:
            what = f"its turn: the provider wants some time between two refunds of {command.payment_id}"
            self._progress.waiting_for(what, result.not_before, "nothing: it is asked for then", WaitsFor.PROVIDER)
            await self._steps.catch_up()
            self._steps.renew_if_long()
            pause = max(result.not_before - workflow.now(), SHORTEST_TURN)
            await workflow.sleep(pause, summary=shortened(f"until {command.payment_id} may be asked for"))
            result = await self._ask(Payouts.pay_out, command)
        return result

    def _tell_of_the_shortage(self) -> None:
        """Tell the customer that it is not paid, and operations what is missing where: once a round, of all shares."""
        if self._told_of_shortage_in != self._steps.refund.round:
            self._told_of_shortage_in = self._steps.refund.round
            self._steps.notify(Topic.WAITING_FOR_BALANCE, Topic.BALANCE_TOO_LOW)

    async def _transferred(self, command: PayOut) -> PayoutResult:
        """Have people transfer a share to the customer's bank account, until they say that it is paid or has failed."""
        self._steps.notify(Topic.BANK_TRANSFER)
        where = f"GET /v1/refunds/{self._steps.refund.refund_id}/bank-account"
        reason = f"{command.payment_id} is to be transferred to the customer's bank account, which {where} tells"
        payment_id = command.payment_id
        said = await self._steps.ask_until_resolved(PAY_OUT, reason, _TRANSFER_ACTIONS, payment_id=payment_id)
        if said.action is Resolution.DONE_BY_HAND:
            return _BY_HAND
        self._steps.notify(Topic.PAYOUT_FAILED)
        return _TRANSFER_FAILED

    async def _wait_for_event(self, command: PayOut, status: PayoutStatus, pause: timedelta) -> None:
        """Wait until the provider sends word, a person says something, or it is time for another look."""
        if self._steps.needs is not None:
            pass  # it is a person's word as well, and that is shown
        elif status is PayoutStatus.WAITING_FOR_BALANCE:
            what = f"enough balance at the provider for {command.payment_id}"
            self._progress.waiting_for(what, None, "top it up there: it is paid by itself then", WaitsFor.BALANCE)
        else:
            what = f"the provider's word on {command.payment_id}"
            self._progress.waiting_for(what, None, "nothing: it is looked up", WaitsFor.PROVIDER)
        heard = self._intake.events
        await self._steps.catch_up()
        self._steps.renew_if_long()
        try:
            await self._steps.time.wait(
                lambda: self._intake.events > heard or self._steps.resolution is not None,
                pause,
                shortened(f"look up the payout to {command.payment_id}"),
            )
        except TimeoutError:
            return

    async def _declined(self, command: PayOut, result: PayoutResult, rule: DeclinedTender) -> PayoutResult:
        """Forward from a decline: store credit, or a person (rule 11); never a chargeback paid twice."""
        if rule is DeclinedTender.STORE_CREDIT and not _is_for_a_person(result):
            return await self._steps.run_required(Payouts.credit_instead, command)
        reason = f"{command.payment_id} was declined: {result.decline_code}"
        resolution = await self._steps.ask_until_resolved(PAY_OUT, reason, _ACTIONS, payment_id=command.payment_id)
        if resolution.action is Resolution.DONE_BY_HAND:
            return _BY_HAND
        return await self._definite(command, await self._ask(Payouts.ask_again, command))


def _is_for_a_person(result: PayoutResult) -> bool:
    """Nor is it the customer's tender that fails where the merchant's balance is too low."""
    is_short = result.decline_code == BALANCE_TOO_LOW and workflow.patched("a shortage is for a person")
    return is_short or result.decline_code in _FOR_A_PERSON


def _is_open(answered: tuple[PlannedPayout, PayoutResult]) -> tuple[bool, bool]:
    """What is paid comes first: from then on the refund only goes forward. What people have to pay comes last."""
    return answered[1].status is not PayoutStatus.SUCCEEDED, answered[1].is_by_hand
