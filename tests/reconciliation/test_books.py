"""Our ledger beside the sandbox's own books: what only one side knows is told to operations."""

from collections.abc import Sequence
from datetime import timedelta

from db import messages
from domain.money import Money
from gateways.sandbox import SandboxGateway
from reconciliation.books import Discrepancy, compare
from reconciliation.reconciler import tell_operations
from tests.shop import Shop


async def differences(shop: Shop) -> Sequence[Discrepancy]:
    gateways = {"sandbox": SandboxGateway(shop.engine)}
    return await compare(shop.engine, gateways, shop.merchant_id, settles_within=timedelta())


async def change_their_books(shop: Shop, statement: str) -> None:
    async with shop.engine.begin() as books:
        await books.exec_driver_sql(statement, (shop.merchant_id,))


async def test_books_that_agree_have_no_difference(shop: Shop) -> None:
    await shop.order()

    await shop.approved_refund()

    assert await differences(shop) == []


async def test_a_payout_that_the_provider_does_not_know_is_found(shop: Shop) -> None:
    await shop.order()
    done = await shop.approved_refund()

    await change_their_books(shop, "update sandbox.refunds set status = 'failed' where merchant_id = %s")
    (found,) = await differences(shop)

    assert (found.difference, found.refund_id, found.theirs) == ("paid_by_us_only", done["refund_id"], ())
    assert found.ours == Money("CNY", 120_000)


async def test_a_payout_that_the_provider_made_twice_is_found_and_told_once(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()

    again = "select 're_' || gen_random_uuid(), merchant_id, key, key_until, charge_ref, amount, currency, status"
    columns = "(refund_ref, merchant_id, key, key_until, charge_ref, amount, currency, status)"
    statement = f"insert into sandbox.refunds {columns} {again} from sandbox.refunds where merchant_id = %s"
    await change_their_books(shop, statement)
    (found,) = await differences(shop)
    async with shop.engine.begin() as connection:
        for _ in range(2):
            await tell_operations(connection, found)
        inbox = await messages.inbox(connection, shop.merchant_id, messages.OPERATIONS)

    assert found.difference == "paid_twice" and len(found.theirs) == 2
    assert [row.subject for row in inbox] == [f"paid_twice:{found.key}"]
