"""The right to ask for refunds: shown (rule 34)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.schemas.rights import AppealAnswer, RefundRights
from db import customers, rights
from db.api_keys import Caller
from db.read_models import SuspensionRow


async def of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str) -> RefundRights:
    return shown(await rights.in_force(connection, merchant_id, customer_id))


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> RefundRights:
    customer_id = await rights.customer_of(connection, merchant_id, order_id)
    return await of_customer(connection, merchant_id, customer_id or "")


async def refuse_unknown(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Raise Problem (`not_found`) for a customer of whom nothing is known."""
    if await customers.find(connection, merchant_id, customer_id) is None:
        raise problems.not_found(f"customer {customer_id!r}")


def check_own(caller: Caller, customer_id: str) -> None:
    """Raise Problem (`not_found`) for a customer who asks of another, or who proved no more than an order."""
    if caller.customer_id not in (None, customer_id) or caller.only_order_id is not None:
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
