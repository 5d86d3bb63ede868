"""The right to ask for refunds: refused while it is suspended, and shown (rule 34)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.schemas.rights import AppealAnswer, RefundRights
from db import customers, rights
from db.api_keys import Caller
from db.read_models import SuspensionRow
from domain.deadlines import format_time
from domain.refusals import RefundRejected, Refusal


async def check(connection: AsyncConnection, caller: Caller, order_id: str) -> None:
    """Refuse a request while the order's customer is suspended, whoever sends it.

    Keeps the customer still until the transaction ends, so of several requests at once only one goes over a limit.
    Raises RefundRejected (`refund_right_suspended`); an order that the caller does not have is not judged here.
    """
    customer_id = await rights.customer_of(connection, caller.merchant_id, order_id)
    if customer_id is None or caller.customer_id not in (None, customer_id):
        return
    await customers.lock(connection, caller.merchant_id, customer_id)
    suspended = await rights.in_force(connection, caller.merchant_id, customer_id)
    if suspended:
        raise RefundRejected(Refusal.REFUND_RIGHT_SUSPENDED, _sentence(suspended))


async def of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str) -> RefundRights:
    return shown(await rights.in_force(connection, merchant_id, customer_id))


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> RefundRights:
    customer_id = await rights.customer_of(connection, merchant_id, order_id)
    return await of_customer(connection, merchant_id, customer_id or "")


async def refuse_unknown(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Raise Problem (`not_found`) for a customer of whom nothing is known."""
    if await customers.find(connection, merchant_id, customer_id) is None:
        raise problems.not_found(f"customer {customer_id!r}")


async def lock_known(connection: AsyncConnection, merchant_id: str, customer_id: str) -> SuspensionRow | None:
    """Keep a customer still and return the suspension in force; raises Problem (`not_found`)."""
    await refuse_unknown(connection, merchant_id, customer_id)
    await customers.lock(connection, merchant_id, customer_id)
    return await rights.in_force(connection, merchant_id, customer_id)


def shown(suspended: SuspensionRow | None) -> RefundRights:
    if suspended is None:
        return RefundRights(suspended=False)
    return RefundRights(
        suspended=True,
        restricted_until=suspended.until,
        rule=suspended.rule,
        reason=suspended.reason,
        appeal=AppealAnswer.model_validate(suspended.appeal) if suspended.appeal else None,
    )


def _sentence(suspended: SuspensionRow) -> str:
    return (
        f"customer {suspended.customer_id!r} may not ask for refunds until {format_time(suspended.until)}: "
        f"{suspended.reason}; to appeal, POST /v1/customers/{suspended.customer_id}/appeal"
    )
