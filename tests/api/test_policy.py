"""The policy document: every field has a default, and none is ever silently ignored."""

import json

import pytest

from tests.shop import Shop
from tools.client import Json, Refused


async def test_a_merchant_who_wrote_no_policy_has_the_defaults_of_the_rulebook(other_shop: Shop) -> None:
    known = await other_shop.policy()

    assert known["shipping_refund"]["changed_mind"] == "full_return"
    assert known["auto_approve"] == {
        "reasons": ["quality_issue", "delivery_error", "merchant_breach"],
        "max_amount": 20_000,
        "max_risk": 30,
    }
    assert (known["return_window"], known["review_sla"], known["return_deadline"]) == ("P30D", "PT72H", "P7D")
    assert known["refund_limit"] == {"count": 5, "window": "P30D"}


async def test_fields_left_out_take_their_defaults_and_each_change_is_a_version(shop: Shop) -> None:
    first = await shop.policy(return_window="P14D")
    second = await shop.policy(outside_window="review")
    same = await shop.policy(outside_window="review")

    assert second["return_window"] == "P30D"
    assert (second["version"], same["version"]) == (first["version"] + 1, second["version"])
    assert await shop.ops.get("/v1/policy") == same


OTHERS: Json = {
    "promotion_refund": "reprice",
    "restocking_fee_bp": 100,
    "return_shipping_fee": 1,
    "coupon_on_partial": "residual",
    "granted_coupon_used": "forgive",
    "points_shortfall": "forgive",
    "missing_gift": "forgive",
    "tiers": [{"name": "gold", "minimum_spend": 1}],
    "tier_window": "P1D",
    "tier_grace": "P1D",
    "response_target": "PT1M",
    "pickup_within": "PT1H",
    "refund_limit": {"count": 1, "window": "P1D"},
    "suspension": "P1D",
    "bulk_grace": "PT1H",
}


async def test_every_field_takes_what_the_rulebook_names(shop: Shop) -> None:
    known = await shop.policy(**OTHERS)

    assert {name: known[name] for name in OTHERS} == OTHERS


IN_YUAN_AND_YEN = {"CNY": 300, "JPY": 60}

EVERY_AMOUNT: Json = {
    "auto_approve": {"max_amount": IN_YUAN_AND_YEN},
    "auto_approve_per_customer": {"amount": IN_YUAN_AND_YEN},
    "return_shipping_fee": IN_YUAN_AND_YEN,
    "returnless_below": IN_YUAN_AND_YEN,
    "point_value": IN_YUAN_AND_YEN,
    "tiers": [{"name": "gold", "minimum_spend": IN_YUAN_AND_YEN}],
}


async def test_every_amount_may_be_a_map_by_currency_and_is_answered_as_it_was_sent(shop: Shop) -> None:
    put = await shop.policy(**EVERY_AMOUNT)
    read = await shop.ops.get("/v1/policy")

    assert put == read == await shop.ops.put("/v1/policy", read)
    assert read["auto_approve"]["max_amount"] == read["auto_approve_per_customer"]["amount"] == IN_YUAN_AND_YEN
    for name in ("return_shipping_fee", "returnless_below", "point_value", "tiers"):
        assert read[name] == EVERY_AMOUNT[name]


@pytest.mark.parametrize("value", ["0.5", "5", 5, {"CNY": "0.5", "JPY": 20}])
async def test_a_points_value_may_be_a_ratio_and_is_answered_as_it_was_sent(shop: Shop, value: object) -> None:
    assert (await shop.policy(point_value=value))["point_value"] == value
    assert (await shop.ops.get("/v1/policy"))["point_value"] == value


@pytest.mark.parametrize("amount", [{"XYZ": 1}, {"CNY": -1}, {"CNY": 1.5}, {"CNY": "1"}, {"cny": 1}, 1.5, -1, "1"])
async def test_an_amount_that_cannot_be_is_refused_where_it_stands(shop: Shop, amount: object) -> None:
    for name, right in EVERY_AMOUNT.items():
        if name == "point_value" and amount in ("1", {"CNY": "1"}):
            continue  # a ratio, written as a decimal
        wrong = json.loads(json.dumps(right).replace(json.dumps(IN_YUAN_AND_YEN), json.dumps(amount)))
        with pytest.raises(Refused, match=f"422 validation_failed.*/{name}"):
            await shop.policy(**{name: wrong})


@pytest.mark.parametrize(
    "fields",
    [
        {"refund_limit": {"count": 0}},
        {"return_window": "30 days"},
        {"return_window": "P"},
        {"return_window": "P99Y"},
        {"review_timeout": "panic"},
        {"auto_approve": {"max_risk": 101}},
        {"point_value": 1_000_001},
        {"point_value": "-0.5"},
        {"point_value": "1e3"},
        {"point_value": "0.0000005"},
        {"point_value": "1/2"},
        {"point_value": {"CNY": ".5"}},
        {"shipping_refund": {"boredom": "always"}},
        {"colour": "blue"},
        {"tiers": [{"name": "gold", "minimum_spend": 1}, {"name": "gold", "minimum_spend": 2}]},
        {"tiers": [{"name": "gold", "minimum_spend": 1}, {"name": "silver", "minimum_spend": 1}]},
    ],
)
async def test_a_value_that_cannot_be_is_refused(shop: Shop, fields: Json) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.policy(**fields)


async def test_a_change_to_a_policy_that_is_not_the_newest_is_refused(shop: Shop) -> None:
    known = await shop.policy(return_window="P14D")

    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.ops.put("/v1/policy", {**known, "version": known["version"] - 1})
