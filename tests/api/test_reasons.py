"""Reasons of the merchant's own, from the taxonomy to the last report (rule 55)."""

import pytest

from db.api_keys import Role
from tests.shop import ANYTHING, Shop, a_line
from tools.client import Json, Refused

TOO_SMALL: Json = {
    "reason": "too_small",
    "stands_for": "changed_mind",
    "name": {"en": "Too small", "zh-CN": "尺码偏小"},
    "categories": ["shoes"],
}
TORN: Json = {"reason": "torn", "stands_for": "quality_issue", "name": "Torn"}
TWO_LINES = [a_line("l1", unit_price=100_00, category="shoes"), a_line("l2", unit_price=50_00, category="toys")]


async def with_reasons(shop: Shop, *reasons: Json, **fields: object) -> Json:
    return await shop.ops.put("/v1/reasons", {"reasons": [*reasons], **fields})


# The taxonomy


async def test_a_merchant_has_no_reasons_of_its_own_until_it_says_so(other_shop: Shop) -> None:
    assert await other_shop.ops.get("/v1/reasons") == {"reasons": [], "version": 0}


async def test_what_is_left_out_is_retired_and_an_answer_can_be_put_back(shop: Shop) -> None:
    first = await with_reasons(shop, TOO_SMALL, TORN)
    later = await with_reasons(shop, TORN, version=first["version"])
    same = await shop.ops.put("/v1/reasons", later)

    assert first["reasons"] == [{**TOO_SMALL, "retired": False}, {**TORN, "categories": [], "retired": False}]
    assert [(each["reason"], each["retired"]) for each in later["reasons"]] == [("torn", False), ("too_small", True)]
    assert same == later == await shop.ops.get("/v1/reasons")
    assert later["version"] == first["version"] + 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({**TORN, "stands_for": "boredom"}, "/reasons/0/stands_for"),
        ({**TORN, "reason": "changed_mind"}, "one of the four"),
        ({**TORN, "name": {}}, "/reasons/0/name"),
        ({**TORN, "name": ""}, "/reasons/0/name"),
        ({**TORN, "categories": ["toys", "toys"]}, "appears twice"),
        ({"reason": "torn"}, "/reasons/0/stands_for"),
    ],
)
async def test_a_reason_that_cannot_be_is_refused(shop: Shop, wrong: Json, why: str) -> None:
    with pytest.raises(Refused, match="422 validation_failed") as refused:
        await with_reasons(shop, wrong)

    assert why in str(refused.value)


async def test_a_reason_that_appears_twice_and_too_many_in_use_are_refused(shop: Shop) -> None:
    many = [{**TORN, "reason": f"r{number}"} for number in range(101)]

    with pytest.raises(Refused, match="the reason torn appears twice"):
        await with_reasons(shop, TORN, TORN)
    with pytest.raises(Refused, match="101 reasons are in use, at most 100 can be"):
        await with_reasons(shop, *many)


async def test_an_order_says_which_reasons_are_suggested_for_its_goods(shop: Shop) -> None:
    await with_reasons(shop, TOO_SMALL, TORN)
    put = await shop.order(lines=TWO_LINES)
    read = await shop.merchant.get("/v1/orders/o1")

    assert put["suggested_reasons"] is None
    assert read["suggested_reasons"] == {"": ["torn"], "shoes": ["too_small"]}
    assert [line["category"] for line in read["lines"]] == ["shoes", "toys"]


# What can't be given


async def test_an_unknown_reason_is_refused_with_all_that_can_be_given(shop: Shop) -> None:
    await with_reasons(shop, TOO_SMALL)
    await shop.order(lines=TWO_LINES)

    with pytest.raises(Refused, match=r"422 validation_failed.*/reason: 'boredom' is no reason here: say .*too_small"):
        await shop.refund(reason="boredom")
    with pytest.raises(Refused, match="/lines/1/reason: 'boredom' is no reason here"):
        await shop.quote(
            lines=[{"line_id": "l1", "quantity": 1}, {"line_id": "l2", "quantity": 1, "reason": "boredom"}]
        )


async def test_another_merchants_reasons_are_nobody_elses(shop: Shop, other_shop: Shop) -> None:
    await with_reasons(shop, TOO_SMALL)
    await other_shop.order(lines=TWO_LINES)

    with pytest.raises(Refused, match="'too_small' is no reason here"):
        await other_shop.quote(reason="too_small")


# What becomes of one


async def test_a_refund_keeps_what_its_reason_meant_when_it_was_asked_for(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"locale": "zh-CN"})
    await with_reasons(shop, TOO_SMALL)
    await shop.order(lines=TWO_LINES)
    asked = await shop.refund(reason="too_small", lines=[{"line_id": "l1", "quantity": 1}])
    waits = await shop.until_judged(asked)
    await with_reasons(shop, {**TOO_SMALL, "stands_for": "quality_issue", "name": "Runs small"})

    known = await shop.merchant.get(f"/v1/refunds/{asked['refund_id']}")
    new = await shop.quote(reason="too_small", lines=[{"line_id": "l2", "quantity": 1}])

    meaning = ("reason", "reason_name", "stands_for")
    assert [known[each] for each in meaning] == ["too_small", "尺码偏小", "changed_mind"]
    assert [new[each] for each in meaning] == ["too_small", "Runs small", "quality_issue"]
    assert waits["waits_because"] == [
        {"code": "reason_not_listed", "message": "the policy approves no changed_mind by rule (too_small)"}
    ]
    (listed,) = (await shop.merchant.get("/v1/refunds?order_id=o1"))["items"]
    assert (listed["reason"], listed["stands_for"]) == ("too_small", "changed_mind")


async def test_a_retired_reason_is_given_by_nobody_any_more_and_its_refunds_go_on(shop: Shop) -> None:
    await shop.policy(auto_approve={**ANYTHING, "reasons": []})
    await with_reasons(shop, TORN, TOO_SMALL)
    await shop.order(lines=TWO_LINES)
    asked = await shop.refund(reason="torn", lines=[{"line_id": "l1", "quantity": 1}])
    await with_reasons(shop, TOO_SMALL)

    with pytest.raises(Refused, match=r"'torn' is retired: say .* merchant_breach or too_small"):
        await shop.quote(reason="torn")
    await shop.reviewer.post(f"/v1/refunds/{asked['refund_id']}/review", {"decision": "approve"})
    done = await shop.until(asked, "completed")

    assert (done["reason"], done["reason_name"], done["total"]) == ("torn", "Torn", 100_00)


async def test_lines_have_reasons_of_their_own_and_fees_shipping_and_review_go_by_them(shop: Shop) -> None:
    await shop.lenient_policy(restocking_fee_bp=1_000, return_shipping_fee=8_00)
    await with_reasons(shop, TOO_SMALL, TORN)
    await shop.order(lines=TWO_LINES, shipping={"amount": 12_00})
    lines: list[Json] = [{"line_id": "l1", "quantity": 1}, {"line_id": "l2", "quantity": 1, "reason": "torn"}]
    quoted = await shop.quote(reason="too_small", lines=lines, kind="return")

    worn = {"rejected": 0, "disposition": "worn"}
    done = await shop.returned(
        reason="too_small",
        lines=lines,
        inspected=[{"line_id": each, "accepted": 1, **worn} for each in ("l1", "l2")],
    )

    assert [(each["reason"], each["stands_for"]) for each in done["lines"]] == [
        ("too_small", "changed_mind"),
        ("torn", "quality_issue"),
    ]
    assert [(each["kind"], each["at_most"]) for each in quoted["fees"]] == [("restocking", 10_00)]
    assert (done["shipping"], done["total"]) == (12_00, 100_00 + 50_00 + 12_00 - 10_00)
    (why,) = (each for each in done["explanations"] if each["figure"] == "shipping")
    assert why["text"] == "¥12.00 shipping: it comes back with the first goods for this reason: Torn."
    assert done["review"]["rule"] == "listed_reason"


async def test_reports_audit_and_risk_speak_of_the_merchants_own_reasons(shop: Shop) -> None:
    await shop.lenient_policy()
    await with_reasons(shop, TOO_SMALL, TORN)
    await shop.order(lines=TWO_LINES)
    lines: list[Json] = [{"line_id": "l1", "quantity": 1, "reason": "torn"}]
    first = await shop.approved_refund(reason="too_small", lines=lines)
    second = await shop.approved_refund(reason="too_small")

    report = await shop.ops.get("/v1/reports/refunds")
    known = await shop.ops.get(f"/v1/refunds/{second['refund_id']}")
    (asked,) = (
        each
        for each in (await shop.ops.get("/v1/audit?order_id=o1"))["items"]
        if each["action"] == "requested" and each["refund_id"] == first["refund_id"]
    )

    assert (report["by_own_reason"], report["by_reason"]["changed_mind"]) == ({"too_small": 1, "torn": 1}, 2)
    assert known["risk"]["given_before"] == {"torn": 1}
    assert asked["detail"]["reason"] == "too_small"
    assert asked["detail"]["stands_for"] == {"too_small": "changed_mind", "torn": "quality_issue"}
    assert asked["detail"]["line_reasons"] == {"l1": "torn"}


async def test_the_same_money_for_another_own_reason_is_no_slip(shop: Shop) -> None:
    await with_reasons(shop, TORN, {**TORN, "reason": "stained"})
    await shop.order(lines=TWO_LINES)
    off: list[Json] = [{"line_id": "l1", "amount": 5_00}]
    await shop.refund(reason="torn", lines=off)
    await shop.refund(reason="stained", lines=off)

    with pytest.raises(Refused, match="409 duplicate_request"):
        await shop.refund(reason="torn", lines=off)


async def test_a_request_is_known_again_under_its_key_and_only_with_the_same_reasons(shop: Shop) -> None:
    await with_reasons(shop, TORN)
    await shop.order(lines=TWO_LINES)
    body = {"order_id": "o1", "reason": "quality_issue", "lines": [{"line_id": "l1", "quantity": 1}]}
    other = {**body, "lines": [{"line_id": "l1", "quantity": 1, "reason": "torn"}]}

    answers = [
        await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=each, headers={"Idempotency-Key": "k1"})
        for each in (body, body, other)
    ]

    assert [each.status_code for each in answers] == [202, 202, 409]
    assert answers[2].json()["code"] == "idempotency_key_reused"
