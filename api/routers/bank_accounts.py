"""The bank account of a refund in full: for operations, while a share of it is to be transferred there."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Ops, ServicesDep
from api.described import described
from api.paths import RefundId
from api.schemas.bank_accounts import BankAccountAnswer, TransferAnswer
from db import bank_accounts, journal, payouts, refunds
from db.read_models import Payout, Refund
from domain.audit_actions import AuditAction
from domain.lifecycle import PayoutStatus
from domain.payout.choice import RefundTo
from service.bank_accounts import opened
from service.vault import NotOpened

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])


@router.get("/{refund_id}/bank-account", **described("getBankAccount", "not_found", "conflicting_state"))
async def read_bank_account(
    refund_id: RefundId, services: ServicesDep, caller: Ops, response: Response
) -> BankAccountAnswer:
    """Read where to transfer a refund's money. Each reading is in the audit trail, with the key that read it.

    It can be read while something is to be transferred, and no dispute holds it.
    """
    async with services.engine.begin() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        stored = await bank_accounts.find(connection, refund_id)
        if stored is None:
            raise problems.not_found(f"bank account of refund {refund_id}")
        try:
            account = opened(services.vault, stored)
        except NotOpened as unread:
            raise problems.conflicting_state(f"the account can't be read: {unread}") from unread
        if account is None:
            raise problems.conflicting_state("the account was erased when the refund ended: ask the customer for it")
        due = await _due(connection, refund)
        if not due:
            raise problems.conflicting_state("nothing is to be transferred now, or a dispute holds it")
        note = journal.Note(
            AuditAction.BANK_ACCOUNT_READ, f"bank account read by {caller.name}", caller.name, {"key_id": caller.key_id}
        )
        await journal.record(connection, refund_id, note)
    response.headers["Cache-Control"] = "no-store"
    return BankAccountAnswer(
        holder=account.holder,
        iban=account.iban,
        account_number=account.account_number,
        bank_code=account.bank_code,
        transfers=[
            TransferAnswer(payment_id=each.payment_id, amount=each.amount, currency=each.currency, key=each.key)
            for each in due
        ],
    )


async def _due(connection: AsyncConnection, refund: Refund) -> list[Payout]:
    """The shares that people are asked to transfer, and that no dispute holds."""
    rows = (await payouts.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    asked = [row for row in rows if row.goes_to is RefundTo.BANK_TRANSFER and row.status == PayoutStatus.REQUESTED]
    return [row for row in asked if not await payouts.is_held(connection, row)]
