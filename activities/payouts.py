"""The pivot: money goes back to the payments the order was paid with (rules 11, 35 and 36)."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.payout_books import (
    PayOut,
    PayoutResult,
    as_it_stands,
    book_answer,
    book_share,
    book_success,
    lock_payout,
)
from db import claims, journal, payouts, steps
from db.engine import snapshots
from db.read_models import Payout
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.explain.messages import format_money
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.said import GATEWAY, HOUSE
from domain.sale.payments import PaymentMethod
from domain.settlement.settlement import Settlement
from domain.steps import Step
from gateways.ports import (
    DISPUTED,
    Declined,
    GatewayRefund,
    GatewayStatus,
    PaymentGateway,
    RefundInstruction,
    Reported,
    TryLater,
)
from service.confirming import book_confirmation
from service.gaps import ListedToNobody
from service.provider_limits import TurnNotYet, gap_of, keep_to_limits
from service.steps import RefundRef, step

UNKNOWN_REFUND = "unknown_refund"
"""Our own code of a share that was not asked for: its provider has a refund of the payment that we don't know, or may
have one, and lists it to nobody.
"""

TRANSFER_FAILED = "transfer_failed"
"""Our own code of a share that people were to transfer to a bank account, and that did not arrive."""

_ANSWERED = {
    GatewayStatus.SUCCEEDED: PayoutStatus.SUCCEEDED,
    GatewayStatus.PENDING: PayoutStatus.PENDING,
    GatewayStatus.WAITING_FOR_BALANCE: PayoutStatus.WAITING_FOR_BALANCE,
    GatewayStatus.FAILED: PayoutStatus.DECLINED,
}


class Payouts:
    """No undo: money that went back is not fetched again, the saga only goes forward from here.

    What the provider itself takes back later is in `activities/late_failures.py`.
    """

    def __init__(self, engine: AsyncEngine, gateways: Mapping[str, PaymentGateway]) -> None:
        self._engine = engine
        self._gateways = gateways

    @activity.defn
    async def pay_out(self, command: PayOut) -> PayoutResult:
        """Have a payment paid back, until the provider says yes, no or not yet.

        Who asks looks first: for the refund by our own reference, where it may have been asked for before, as by then
        the provider may have forgotten the key; and for what else the provider has paid back of this payment, as our
        database may have come back from an older copy, which knows less than the world does (rule 36).
        """
        return await self._pay(command)

    @activity.defn
    async def look_up_payout(self, command: PayOut) -> PayoutResult:
        """Ask the provider what became of a payout that was pending; one it never heard of is asked for again."""
        return await self.pay_out(command)

    @activity.defn
    async def ask_again(self, command: PayOut) -> PayoutResult:
        """Ask the provider anew after a no, because people say that it will work now.

        A definite no ends a key, and the next request has the next one; what the no was about is looked up before, as
        it may have become a yes.
        """
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
        if payout.status == PayoutStatus.DECLINED:
            is_foreign = payout.decline_code == UNKNOWN_REFUND
            asks_nobody = is_foreign or payout.goes_to is not RefundTo.ORIGINAL or not payout.gateway
            found = None if asks_nobody else await self._found(payout)
            if found is not None and found.status is not GatewayStatus.FAILED:
                await self._take_no_back(command, payout)
                return await self._book(command, payout, found)
            foreign = await self._unknown(payout, await self._paid(payout)) if is_foreign else ()
            async with self._engine.begin() as connection:
                now = await lock_payout(connection, command)
                if (now.key, now.status) != (payout.key, payout.status):
                    pass  # another attempt has seen to it
                elif is_foreign:
                    gap = await gap_of(connection, payout)
                    looked_up = [gap.name] if gap is not None and gap.until < payout.updated_at else []
                    known = [each.reference for each in foreign]
                    await payouts.accept(connection, payout, [*known, *looked_up])
                    await payouts.move(connection, payout.refund_id, payout.payment_id, PayoutStatus.PLANNED)
                else:
                    await payouts.ask_anew(connection, now)
        return await self._pay(command)

    @activity.defn
    async def credit_instead(self, command: PayOut) -> PayoutResult:
        """Give store credit for a payment that was declined (rule 11), unless a dispute holds it by now."""
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
            if payout.status == PayoutStatus.DECLINED and await payouts.is_held(connection, payout):
                await payouts.decline_as(connection, payout, DISPUTED)
                return PayoutResult(PayoutStatus.DECLINED, DISPUTED)
            why = "declined payment given as store credit"
            await book_share(connection, command, payout, paid_by=PaidBy.STORE_CREDIT, gateway_ref=None, why=why)
        return PayoutResult(PayoutStatus.SUCCEEDED, None)

    @activity.defn
    async def confirm_payouts(self, ref: RefundRef) -> None:
        """Everything is paid: the claims are final, deductions are booked, entitlements may follow (rule 17)."""
        async with step(self._engine, ref, Step.CONFIRM_PAYOUTS) as tx:
            if not tx.is_first:
                return
            if tx.refund.settlement is None:  # one that pays nothing has no payout that would say so
                raise steps.AlreadyUndone(f"nothing of {ref.refund_id} is settled any more")
            settlement = tx.settlement
            await book_confirmation(tx.connection, tx.refund, settlement)
            await claims.set_state(tx.connection, ref.refund_id, ClaimState.PAID)
            tx.move(RefundStatus.RESTORING)
            await tx.note(AuditAction.PAID, _sentence(settlement), {"total": settlement.total.minor_units})

    async def _pay(self, command: PayOut) -> PayoutResult:
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
        if payout.status in (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED):
            return as_it_stands(payout)
        is_chosen = payout.goes_to is RefundTo.STORE_CREDIT
        if not payout.amount and not is_chosen:
            return await self._nothing(command)
        if payout.method == PaymentMethod.STORE_CREDIT:
            return await self._credit(command, "store credit goes back to itself")
        try:
            if is_chosen:
                return await self._credit_as_chosen(command, payout)
            if payout.goes_to is RefundTo.BANK_TRANSFER:
                return await self._leave_to_people(command, payout)
            if not payout.gateway:
                return await self._in_our_books(command, payout)
            gateway, instruction = self._gateways[payout.gateway], instruction_of(payout)
            known = await gateway.look_up(instruction) if payout.status != PayoutStatus.PLANNED else None
            if known is None:
                paid = await self._paid(payout)
                known = _of_key(payout.key, paid)
            if known is not None:
                return await self._book(command, payout, known)
            if foreign := await self._unknown(payout, paid):
                return await self._stop(command, payout, foreign)
            if not await self._note_request(command, payout):
                return await self._as_it_stands_now(command)
            return await self._book(command, payout, await gateway.refund(instruction))
        except Declined as declined:
            return await self._book_decline(command, payout, declined.code, str(declined))
        except ListedToNobody as unknown:
            return await self._book_decline(command, payout, UNKNOWN_REFUND, str(unknown))
        except TurnNotYet as not_yet:
            return await self._wait(command, not_yet)
        except TryLater as busy:
            raise ApplicationError(str(busy), type=TryLater.__name__, next_retry_delay=busy.retry_after) from busy

    async def _paid(self, payout: Payout) -> Sequence[Reported]:
        """List what the provider has paid back of a payment; nothing where it has none."""
        if not payout.gateway:
            return ()
        return await self._gateways[payout.gateway].refunds_of(payout.merchant_id, payout.charge_ref)

    async def _unknown(self, payout: Payout, paid: Sequence[Reported]) -> Sequence[Reported]:
        """Pick what was paid back of a payment without our having asked for it, as far as we know."""
        standing = [each for each in paid if each.status is not GatewayStatus.FAILED]
        if not standing:
            return ()
        async with snapshots(self._engine).connect() as connection:
            ours = await payouts.refunds_of_keys(connection, [each.key for each in standing])
            references = [each.reference for each in standing]
            seen = await payouts.accepted(connection, payout.merchant_id, payout.gateway, references)
        return [each for each in standing if each.key not in ours and each.reference not in seen]

    async def _found(self, payout: Payout) -> GatewayRefund | None:
        """Look up what has become of a payout; nothing where its charge is unknown there."""
        try:
            return await self._gateways[payout.gateway].look_up(instruction_of(payout))
        except Declined:
            return None

    async def _note_request(self, command: PayOut, payout: Payout) -> bool:
        """Write down that we are about to ask, before we ask; tell whether to, which is not while a dispute holds it.

        A share that was not asked for yet is declined then, as it is where the provider's rules are against it. Of one
        that was a request may be on its way: nobody knows, and it waits. Raises Declined, NotYet and
        ListedToNobody.
        """
        async with self._engine.begin() as connection:
            await keep_to_limits(connection, payout)
            if await payouts.request(connection, payout):
                return True
            now = await lock_payout(connection, command)
            if now.status == PayoutStatus.PLANNED:
                raise Declined(DISPUTED, "the payment is disputed at the bank")
            return not await payouts.is_held(connection, now)

    async def _take_no_back(self, command: PayOut, payout: Payout) -> None:
        """A no that has become something else was none: the payout is asked for under the same key, as before."""
        async with self._engine.begin() as connection:
            now = await lock_payout(connection, command)
            if (now.key, now.status) == (payout.key, payout.status):
                for status in (PayoutStatus.PLANNED, PayoutStatus.REQUESTED):
                    await payouts.move(connection, payout.refund_id, payout.payment_id, status)

    async def _book(self, command: PayOut, asked: Payout, answer: GatewayRefund) -> PayoutResult:
        """Book what the provider says of what it was asked, if that is still open."""
        status = _ANSWERED[answer.status]
        if status is PayoutStatus.DECLINED:
            code = answer.decline_code or "failed_later"
            return await self._book_decline(command, asked, code, "the provider could not deliver the money")
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
            if payout.key != asked.key:
                return as_it_stands(payout)
            if payout.status != PayoutStatus.DECLINED or status is not PayoutStatus.SUCCEEDED:
                return await book_answer(connection, command, payout, status, answer)
        if await self._has_paid(payout):
            async with self._engine.begin() as connection:
                now = await lock_payout(connection, command)
                if now.key == asked.key:
                    return await book_answer(connection, command, now, status, answer)
        return await self._as_it_stands_now(command)

    async def _has_paid(self, payout: Payout) -> bool:
        """Whether a yes that comes after a no is what the provider says now.

        A provider answers a repeated request as it did the first time, whatever has become of the money since then.
        """
        now = await self._gateways[payout.gateway].look_up(instruction_of(payout))
        return now is not None and now.status is GatewayStatus.SUCCEEDED

    async def _book_decline(self, command: PayOut, asked: Payout, code: str, message: str) -> PayoutResult:
        ref = command.refund.refund_id
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
            is_open = payout.status not in (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED)
            if payout.key == asked.key and is_open:
                await payouts.move(connection, ref, command.payment_id, PayoutStatus.DECLINED, decline_code=code)
                sentence = f"payment {command.payment_id} can't be paid back to: {message}"
                detail = {"payment_id": command.payment_id, "code": code}
                note = journal.Note(AuditAction.PAYOUT_DECLINED, sentence, GATEWAY, detail)
                await journal.record(connection, ref, note)
        return await self._as_it_stands_now(command)

    async def _stop(self, command: PayOut, asked: Payout, foreign: Sequence[Reported]) -> PayoutResult:
        """Leave a share to a person: the provider has paid back of this payment what we know nothing of."""
        named = ", ".join(each.reference for each in foreign)
        message = f"the provider has refunds of it that we don't know: {named}"
        async with snapshots(self._engine).connect() as connection:
            gap = await gap_of(connection, asked)
        message = f"{message}; {gap.in_words}" if gap else message
        return await self._book_decline(command, asked, UNKNOWN_REFUND, message)

    async def _wait(self, command: PayOut, not_yet: TurnNotYet) -> PayoutResult:
        """Tell once why and until when a share waits for its turn at the provider; nothing else has happened to it.

        To a worker of an earlier version it is pending: it looks it up again, and that asks when it is time.
        """
        ref, sentence = command.refund.refund_id, str(not_yet)
        async with self._engine.begin() as connection:
            if sentence not in await journal.messages_of(connection, ref, AuditAction.PAYOUT_WAITS_ITS_TURN):
                detail = {"payment_id": command.payment_id, "until": not_yet.turn.isoformat()}
                note = journal.Note(AuditAction.PAYOUT_WAITS_ITS_TURN, sentence, HOUSE, detail)
                await journal.record(connection, ref, note)
        return PayoutResult(PayoutStatus.PENDING, None, not_before=not_yet.turn)

    async def _as_it_stands_now(self, command: PayOut) -> PayoutResult:
        async with self._engine.begin() as connection:
            return as_it_stands(await lock_payout(connection, command))

    async def _nothing(self, command: PayOut) -> PayoutResult:
        """Ask nobody for what is less than the smallest unit of the payment's currency (rule 53)."""
        async with self._engine.begin() as connection:
            why = "less than a minor unit"
            await book_success(connection, command, paid_by=PaidBy.NOBODY, gateway_ref=None, why=why)
        return PayoutResult(PayoutStatus.SUCCEEDED, None)

    async def _credit_as_chosen(self, command: PayOut, asked: Payout) -> PayoutResult:
        """Give the credit that the customer chose, unless they may have their money already.

        So it is of a payment that a dispute holds, or of which the provider has paid back what we don't know.
        """
        if foreign := await self._unknown(asked, await self._paid(asked)):
            return await self._stop(command, asked, foreign)
        async with self._engine.begin() as connection:
            payout = await lock_payout(connection, command)
            if payout.status in (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED):
                return as_it_stands(payout)
            await keep_to_limits(connection, payout)
            if payout.status != PayoutStatus.PLANNED or await payouts.request(connection, payout):
                why = "store credit, as the customer chose"
                await book_share(connection, command, payout, paid_by=PaidBy.STORE_CREDIT, gateway_ref=None, why=why)
                return PayoutResult(PayoutStatus.SUCCEEDED, None)
        raise Declined(DISPUTED, "the payment is disputed at the bank")

    async def _in_our_books(self, command: PayOut, asked: Payout) -> PayoutResult:
        """Book what no provider took: a gift card goes back to itself, all else the merchant hands back."""
        if not await self._note_request(command, asked):
            return await self._as_it_stands_now(command)
        is_card = asked.method == PaymentMethod.GIFT_CARD
        why = "the gift card goes back to itself" if is_card else "the merchant hands it back, no provider took it"
        async with self._engine.begin() as connection:
            await book_success(connection, command, paid_by=PaidBy.BOOKS, gateway_ref=None, why=why)
        return await self._as_it_stands_now(command)

    async def _leave_to_people(self, command: PayOut, asked: Payout) -> PayoutResult:
        """Have people transfer a share to a bank account, unless the customer may have the money already."""
        if asked.status == PayoutStatus.PLANNED:
            if foreign := await self._unknown(asked, await self._paid(asked)):
                return await self._stop(command, asked, foreign)
            if not await self._note_request(command, asked):
                return await self._as_it_stands_now(command)
        return PayoutResult(PayoutStatus.PENDING, None, is_by_hand=True)

    async def _credit(self, command: PayOut, why: str) -> PayoutResult:
        async with self._engine.begin() as connection:
            await book_success(connection, command, paid_by=PaidBy.STORE_CREDIT, gateway_ref=None, why=why)
        return PayoutResult(PayoutStatus.SUCCEEDED, None)


def _of_key(key: str, paid: Sequence[Reported]) -> GatewayRefund | None:
    """Find the newest refund of a key."""
    own = [each for each in paid if each.key == key]
    return own[-1].as_answer if own else None


def instruction_of(payout: Payout) -> RefundInstruction:
    """Ask for a payout, or after it: since when it was asked for is when its row last moved, until it is answered."""
    was_asked, is_taken = payout.status == PayoutStatus.REQUESTED, payout.status == PayoutStatus.PENDING
    return RefundInstruction(
        key=payout.key,
        merchant_id=payout.merchant_id,
        charge_ref=payout.charge_ref,
        amount=Money(payout.currency, payout.amount),
        asked_at=payout.updated_at if was_asked else None,
        reference=payout.gateway_ref if is_taken else None,
    )


def _sentence(settlement: Settlement) -> str:
    said = f"{format_money(settlement.total)} paid out" if settlement.total else "nothing to pay out"
    if settlement.lessened is None:
        return said
    return f"{said}, {format_money(settlement.lessened.total)} less to be paid of the order"
