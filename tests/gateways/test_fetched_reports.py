"""What a provider has settled is fetched by a Schedule, for every merchant's account, and read."""

from temporalio.client import Client

from tests.gateways.fetching import fetched
from tests.gateways.test_accounts import CHARGE, Account, account, stripe
from tests.shop import Shop
from tools.client import Json

__all__ = ["account", "stripe"]


async def reports(temporal: Client, account: Account) -> list[Json]:
    """Have the reports of this merchant fetched a minute later."""
    await account.at_stripe("age", seconds=60)
    return await fetched(account.shop, temporal)


async def refunded_there(account: Account, amount: int) -> None:
    """Somebody makes a refund at Stripe, past makewhole."""
    await account.at_stripe("refunds", charge=CHARGE, amount=amount)


async def test_the_schedule_settles_what_was_paid_and_says_what_nobody_here_asked_for(
    shop: Shop, account: Account, temporal: Client
) -> None:
    await account.is_told()
    await account.sells()
    refund = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    await refunded_there(account, 1_00)

    (report,) = await reports(temporal, account)
    shown = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["payouts"][0]
    (found,) = (await shop.ops.get("/v1/settlement-reports/differences"))["items"]

    assert (report["lines"], report["matched"], report["format"]) == (2, 1, "stripe")
    assert shown["settled_on"] is not None
    assert (found["difference"], found["theirs"]) == ("missing_here", {"currency": "CNY", "amount": 1_00})


async def test_a_refund_that_failed_after_all_is_settled_neither_way_and_looked_into(
    shop: Shop, account: Account, temporal: Client
) -> None:
    await account.is_told()
    await account.sells("IS_REVERSED")
    refund = await shop.approved_refund()
    await account.at_stripe("turn", charge=CHARGE)

    (report,) = await reports(temporal, account)
    now = await shop.until_noticed(refund)

    assert (report["lines"], report["differences"]["failed_there"]) == (2, 1)
    assert "payout_reversed" in now["needs_attention"]["reason"]
