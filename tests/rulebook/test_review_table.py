"""A merchant's own table decides who is asked, names its rows, and is tried on past refunds before it counts."""

from typing import Any

import pytest

from tests.rulebook.test_what_if import what_if
from tests.shop import Shop, a_line
from tools.client import Json, Refused

REGULARS: Json = {"name": "a change of mind", "then": "approve", "when": {"reason": {"one_of": ["changed_mind"]}}}
DEAR: Json = {"name": "from 100.00", "then": "review", "when": {"amount": {"at_least": 100_00}}}


async def small_and_large(shop: Shop) -> None:
    await shop.order("small", lines=[a_line("l1", unit_price=20_00)])
    await shop.order("large", lines=[a_line("l1", unit_price=150_00)])


async def test_the_first_row_that_fits_decides_and_is_named(shop: Shop) -> None:
    await shop.policy(review_table=[DEAR, REGULARS])
    await small_and_large(shop)

    by_table = await shop.approved_refund("small", reason="changed_mind")
    asked = await shop.until_judged(await shop.refund("large"))

    assert by_table["review"]["rule"] == "review_table:a change of mind"
    (why,) = (await shop.reviewer.get(f"/v1/refunds/{asked['refund_id']}"))["waits_because"]
    assert why == {"code": "review_table", "message": "the policy's table sends it to a reviewer: from 100.00"}


async def test_a_draft_says_what_its_rows_would_have_fitted_and_what_came_of_it(shop: Shop) -> None:
    await small_and_large(shop)
    await shop.approved_refund("small")
    waiting = await shop.until_judged(await shop.refund("large", reason="changed_mind"))
    await shop.reviewer.post(f"/v1/refunds/{waiting['refund_id']}/review", {"decision": "reject", "note": "worn"})
    await shop.until(waiting, "rejected")

    _, summary = await what_if(shop, {"review_table": [DEAR, REGULARS]})

    assert summary["review_table"] == [
        {"name": "from 100.00", "then": "review", "refunds": 1, "approved": 0, "rejected": 1, "malicious": 0},
        {"name": "a change of mind", "then": "approve", "refunds": 0, "approved": 0, "rejected": 0, "malicious": 0},
        {"name": None, "then": None, "refunds": 1, "approved": 1, "rejected": 0, "malicious": 0},
    ]
    assert (await what_if(shop, {}))[1]["review_table"] == []


async def test_of_those_that_a_draft_would_approve_by_rule_it_is_said_what_came_of_them(shop: Shop) -> None:
    await small_and_large(shop)
    await shop.approved_refund("small")
    asked = await shop.until_judged(await shop.refund("large", reason="changed_mind"))
    await shop.reviewer.post(f"/v1/refunds/{asked['refund_id']}/review", {"decision": "reject", "note": "worn"})
    await shop.until(asked, "rejected")
    none, one = ({"refunds": n, "approved": 0, "rejected": n, "malicious": 0} for n in (0, 1))

    generous = (await what_if(shop, {"review_table": [REGULARS]}))[1]["decisions"]
    strict = (await what_if(shop, {"auto_approve": {"reasons": []}}))[1]["decisions"]

    both = {"refunds": 2, "approved": 1, "rejected": 1, "malicious": 0}
    assert generous == {"judged": 2, "by_rule": both, "by_rule_instead": one, "by_reviewer_instead": none}
    assert (strict["by_rule"], strict["by_reviewer_instead"]["approved"]) == (none, 1)


async def test_as_many_differing_refunds_are_listed_as_one_asks_for(shop: Shop) -> None:
    await small_and_large(shop)
    for order_id in ("small", "large"):
        await shop.approved_refund(order_id)

    listed, summary = await what_if(shop, {"return_window": "PT1S"}, listed_at_most=1)

    assert (len(listed), summary["different"]) == (1, 2)


@pytest.mark.parametrize(
    ("when", "right"),
    [
        ({"risk": {"one_of": ["high"]}}, "risk is a number: say at_least, at_most, or both"),
        ({"risk": {}}, "risk is a number: say at_least, at_most, or both"),
        ({"reason": {"at_least": 1}}, "reason is a word: say one_of"),
        ({"reason": {"one_of": ["bored"]}}, "'bored' is no reason: there is quality_issue, delivery_error"),
        ({"risk": {"at_least": 9, "at_most": 3}}, "at_least 9 is more than at_most 3: nothing is both"),
        ({"weather": {"one_of": ["rain"]}}, "currency"),
        ({"amount": {"at_least": 1.5}}, "whole number"),
    ],
)
async def test_a_row_that_could_never_be_right_is_refused_with_what_would_be(shop: Shop, when: Any, right: str) -> None:
    with pytest.raises(Refused) as refused:
        await shop.policy(review_table=[{"name": "row", "then": "review", "when": when}])
    assert right in str(refused.value) and "/review_table/0/when" in str(refused.value)


async def test_two_rows_of_one_name_are_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="two rows are called"):
        await shop.policy(review_table=[DEAR, {**DEAR, "then": "approve"}])


async def test_what_was_put_is_answered_and_can_be_put_again(shop: Shop) -> None:
    put = await shop.policy(review_table=[DEAR, REGULARS])

    again = await shop.ops.put("/v1/policy", {name: value for name, value in put.items() if name != "version"})

    assert again == put
    assert put["review_table"][0]["when"]["amount"] == {"one_of": [], "at_least": 100_00, "at_most": None}
