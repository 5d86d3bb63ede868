"""Our ledger beside the sandbox's own books: what only one side knows is told to operations."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from db import compared_books, messages
from db.api_keys import Role
from domain import clock
from domain.money.amounts import Money
from gateways.ports import Reported
from gateways.sandbox.gateway import SandboxGateway
from tests.shop import Shop
from tests.workflows.test_late_failures import hears_that_it_failed
from upkeep.books import LOOKS_BACK, Discrepancy, compare
from upkeep.reconciler import BooksUnread, Reconciler, tell_operations

pytestmark = pytest.mark.usefixtures("reconciled_by_nobody_else")


async def differences(shop: Shop, at_once: int = 500) -> Sequence[Discrepancy]:
    gateways = {"sandbox": SandboxGateway(shop.engine)}
    books = await compare(shop.engine, gateways, shop.merchant_id, settles_within=timedelta(), at_once=at_once)
    return books.found


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


async def test_however_many_are_looked_at_together_each_difference_is_found_once(shop: Shop) -> None:
    for order_id in ("o1", "o2", "o3", "o4"):
        await shop.order(order_id)
        await shop.approved_refund(order_id)
    forgotten = "delete from sandbox.refunds where merchant_id = %s and charge_ref in ('ch-o1', 'ch-o2')"
    await change_their_books(shop, forgotten)
    await change_their_books(
        shop, "update sandbox.refunds set amount = amount - 1 where merchant_id = %s and charge_ref = 'ch-o3'"
    )

    found = [await differences(shop, at_once) for at_once in (1, 2, 500)]

    kinds = [sorted(each.difference for each in some) for some in found]
    assert kinds == [["amounts_differ", "paid_by_us_only", "paid_by_us_only"]] * 3
    assert len({frozenset(each.key for each in some) for some in found}) == 1


async def test_a_payout_that_was_reversed_is_no_difference(shop: Shop) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_noticed(refund)

    assert await differences(shop) == []


async def test_a_payout_that_was_pending_for_more_than_a_month_is_no_difference(shop: Shop) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    await change_their_books(shop, "update sandbox.refunds set at = now() - interval '31 days' where merchant_id = %s")
    at_theirs = await differences(shop)

    await change_their_books(shop, "update sandbox.refunds set at = now() where merchant_id = %s")
    async with shop.engine.begin() as connection:
        long_ago = "update payouts set updated_at = now() - interval '31 days' where refund_id = %s"
        await connection.exec_driver_sql(long_ago, (refund["refund_id"],))

    assert (at_theirs, await differences(shop)) == ([], [])


async def test_a_failure_whose_webhook_was_lost_is_taken_back_and_told_by_the_refund_itself(shop: Shop) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    await change_their_books(
        shop, "update sandbox.refunds set status = 'failed', changed_at = now() where merchant_id = %s"
    )
    reconciler = Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})

    since = clock.now() - timedelta(hours=1)
    await reconciler.compare(shop.merchant_id, since, settles_within=timedelta())
    waiting = await shop.until_noticed(refund)
    async with shop.engine.connect() as connection:
        told = await messages.inbox(connection, shop.merchant_id, messages.OPERATIONS)

    assert waiting["needs_attention"]["reason"] == "p1 was declined: payout_reversed"
    assert not any(row.subject.startswith("paid_by_us_only") for row in told)


ALL = 1_000_000
"""However many merchants other tests have opened."""


async def test_only_merchants_whose_payouts_moved_are_compared_again(shop: Shop, other_shop: Shop) -> None:
    both, now = {shop.merchant_id, other_shop.merchant_id}, clock.now()
    for each in (shop, other_shop):
        await each.order()
        await each.approved_refund()
    later = now + timedelta(minutes=30)
    async with shop.engine.begin() as connection:
        first = await compared_books.due(connection, now, LOOKS_BACK, ALL)
        for merchant_id in both:
            await compared_books.note(connection, merchant_id, later, is_full=True)
        again = await compared_books.due(connection, later + timedelta(seconds=30), LOOKS_BACK, ALL)
        much_later = await compared_books.due(connection, later + timedelta(minutes=20), LOOKS_BACK, ALL)
        next_day = await compared_books.due(connection, later + timedelta(days=2), LOOKS_BACK, ALL)

    assert both <= first.keys() and not both & again.keys()
    assert {much_later[each] for each in both} == {later - timedelta(minutes=5)}
    assert {next_day[each] for each in both} == {later + timedelta(days=2) - LOOKS_BACK}


async def test_a_difference_is_found_from_the_watermark_on_and_one_from_before_it_once_a_day(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    reconciler = Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})
    now = await compared_up_to_now(shop, reconciler)
    changed = "update sandbox.refunds set amount = amount + 1, changed_at = now() - interval '6 hours'"
    await change_their_books(shop, f"{changed} where merchant_id = %s")
    async with shop.engine.begin() as connection:
        soon = await compared_books.due(connection, now + timedelta(minutes=20), LOOKS_BACK, ALL)
        next_day = await compared_books.due(connection, now + timedelta(days=2), LOOKS_BACK, ALL)

    await reconciler.compare(shop.merchant_id, soon[shop.merchant_id], settles_within=timedelta())
    from_the_watermark = await told_of_books(shop)
    await reconciler.compare(shop.merchant_id, next_day[shop.merchant_id], settles_within=timedelta())

    assert (from_the_watermark, await told_of_books(shop)) == ([], ["amounts_differ"])


async def test_what_changes_at_the_provider_after_the_watermark_is_found_in_the_next_round(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    reconciler = Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})
    now = await compared_up_to_now(shop, reconciler)
    changed = "update sandbox.refunds set amount = amount + 1, changed_at = now()"
    await change_their_books(shop, f"{changed} where merchant_id = %s")

    async with shop.engine.begin() as connection:
        soon = await compared_books.due(connection, now + timedelta(minutes=20), LOOKS_BACK, ALL)
    await reconciler.compare(shop.merchant_id, soon[shop.merchant_id], settles_within=timedelta())

    assert await told_of_books(shop) == ["amounts_differ"]


async def compared_up_to_now(shop: Shop, reconciler: Reconciler) -> datetime:
    """Compare all, of payouts that moved long ago: what moved since the watermark is read at either side."""
    async with shop.engine.begin() as connection:
        long_ago = "update payouts set updated_at = now() - interval '6 hours' where merchant_id = %s"
        await connection.exec_driver_sql(long_ago, (shop.merchant_id,))
    await change_their_books(shop, "update sandbox.refunds set at = now() - interval '6 hours' where merchant_id = %s")
    now = clock.now()
    await reconciler.compare(shop.merchant_id, now - 2 * LOOKS_BACK)
    return now


async def told_of_books(shop: Shop) -> list[str]:
    async with shop.engine.connect() as connection:
        told = await messages.inbox(connection, shop.merchant_id, messages.OPERATIONS)
    return [row.subject.partition(":")[0] for row in told]


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


class Silent(SandboxGateway):
    """A provider that nobody reaches."""

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:  # noqa: ARG002
        raise httpx.ConnectError("nobody is there")


async def test_a_provider_that_does_not_answer_keeps_no_other_from_being_compared(shop: Shop) -> None:
    await shop.order()
    done = await shop.approved_refund()
    await change_their_books(shop, "update sandbox.refunds set status = 'failed' where merchant_id = %s")
    gateways = {"away": Silent(shop.engine), "sandbox": SandboxGateway(shop.engine)}

    books = await compare(shop.engine, gateways, shop.merchant_id, settles_within=timedelta())
    with pytest.raises(BooksUnread, match="away"):
        reconciler = Reconciler(shop.temporal, shop.engine, gateways)
        await reconciler.compare(shop.merchant_id, clock.now() - LOOKS_BACK, settles_within=timedelta())

    assert [each.refund_id for each in books.found] == [done["refund_id"]]
    assert {name: type(trouble) for name, trouble in books.unread.items()} == {"away": httpx.ConnectError}
    async with shop.engine.begin() as connection:
        assert not await tell_operations(connection, books.found[0])  # they were told


async def test_operations_are_told_which_books_could_not_be_read(shop: Shop, stripe_address: str) -> None:
    """Nobody listens there."""
    account = {
        "adapter": "stripe",
        "base_address": stripe_address,
        "secrets": {"api_key": "sk", "webhook_secrets": "w"},
    }
    (await shop.raw(Role.OWNER, "PUT", "/v1/gateways/main", json=account)).raise_for_status()

    answer = await shop.ops.get("/v1/operations/reconciliation")

    assert answer["agrees"] is False and [each["gateway"] for each in answer["unread"]] == ["main"]
