"""Coupons that live in Voucherify: rolled back with the refund, redeemed again where its payout fails later."""

from collections.abc import AsyncIterator

import pytest

from tests.gateways.entitlements_party import new_secret
from tests.gateways.line import Fault
from tests.gateways.voucherify_party import VoucherifyParty, voucherify_party
from tests.shop import ANYTHING, Shop
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tests.workflows.test_payouts import coupon
from tools.client import Json, Refused

PATH = "/v1/entitlement-systems/vouchers"


@pytest.fixture
async def party() -> AsyncIterator[VoucherifyParty]:
    async with voucherify_party() as party:
        yield party


def told(party: VoucherifyParty) -> Json:
    credentials = {"app_id": party.at.app_id, "app_token": party.at.app_token}
    return {"adapter": "voucherify", "url": party.at.url, "credentials": credentials}


async def test_a_coupon_is_rolled_back_there_and_redeemed_again_where_the_payout_fails(
    shop: Shop, party: VoucherifyParty
) -> None:
    shop.customer_id = "李雷"
    kept = await shop.owner.put(PATH, told(party))
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere={"coupons": "vouchers"})
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])
    await party.redeemed("o1", "cpn-100")
    party.line.meets(Fault.ANSWER_LOST)

    refund = await shop.approved_refund()
    back = await party.standing()
    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    withdrawn = await party.standing()
    await settle_by_hand(shop, refund)
    await shop.until(refund, "completed")

    assert (kept["adapter"], kept["secret_count"]) == ("voucherify", 2)
    assert (back, withdrawn, await party.standing()) == ([], ["cpn-100"], [])
    assert await party.asked() == ["rollback", "redemptions", "rollback"]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"adapter": "coupons.example"}, "there is contract, voucherify"),
        ({"credentials": {}}, "/credentials: voucherify needs app_id, app_token"),
        ({"credentials": {"app_id": "a"}}, "/credentials: voucherify has other credentials: it has app_id, app_token"),
        ({"secrets": [new_secret()]}, "/secrets: nothing is signed for voucherify"),
        ({"adapter": "contract"}, "/credentials: contract has other credentials: it has secrets that sign"),
    ],
)
async def test_what_opens_a_product_is_told_by_name(
    shop: Shop, party: VoucherifyParty, changed: Json, wrong: str
) -> None:
    with pytest.raises(Refused, match=wrong):
        await shop.owner.put(PATH, told(party) | changed)


async def test_credentials_stay_for_the_same_product_alone(shop: Shop, party: VoucherifyParty) -> None:
    await shop.owner.put(PATH, told(party))
    again = await shop.owner.put(PATH, told(party) | {"credentials": {}})

    with pytest.raises(Refused, match="at least one secret"):
        await shop.owner.put(PATH, {"url": party.at.url})

    assert again["secret_count"] == 2
    assert party.at.app_token not in str((again, await shop.owner.get(PATH)))


async def test_a_policy_names_no_system_for_what_does_not_live_there(shop: Shop, party: VoucherifyParty) -> None:
    await shop.owner.put(PATH, told(party))

    with pytest.raises(Refused, match="no points live in 'vouchers': it is voucherify"):
        await shop.policy(entitlements_elsewhere={"points": "vouchers"})
