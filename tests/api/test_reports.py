"""What operations read of a time: counts, rates, how fast answers come, and how content people are (rule 30)."""

from datetime import datetime, timedelta

import pytest

from domain import clock
from tests.shop import ANYTHING, Shop, days_ago
from tools.client import Api, Json, Refused


async def report(shop: Shop, **query: str) -> Json:
    return await shop.ops.get("/v1/reports/refunds", **query)


async def reviewed(shop: Shop, order_id: str, decision: str) -> Json:
    """A refund that a reviewer is asked about, and what the reviewer says."""
    await shop.order(order_id)
    refund = await shop.refund(order_id, reason="changed_mind")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": decision})
    return refund


async def test_a_merchant_without_refunds_has_nothing_to_report(shop: Shop) -> None:
    found = await report(shop)

    assert found["refunds"] == 0 and set(found["by_status"].values()) == {0}
    assert set(found["rates"].values()) == {None}
    assert found["times"]["paid"] == {"count": 0, "median_s": None, "p90_s": None}
    none = {"answered": 0, "within_target": 0, "overdue": 0, "mean_s": None, "share": None}
    assert found["response"] == {"target": "PT5M", **none}
    assert found["satisfaction"] == {"count": 0, "mean": None}


async def test_refunds_are_counted_by_what_became_of_them_and_why_they_were_asked_for(shop: Shop) -> None:
    await shop.order("o1")
    await shop.approved_refund("o1")
    await shop.until(await reviewed(shop, "o2", "approve"), "completed")
    await shop.until(await reviewed(shop, "o3", "reject"), "rejected")
    await reviewed(shop, "o4", "request_evidence")

    found = await report(shop)

    assert found["refunds"] == 4
    assert {status: n for status, n in found["by_status"].items() if n} == {
        "completed": 2,
        "rejected": 1,
        "in_review": 1,
    }
    assert {reason: n for reason, n in found["by_reason"].items() if n} == {"quality_issue": 1, "changed_mind": 3}
    assert found["rates"] == {
        "approved_by_rule": 0.25,
        "approved_by_reviewer": 0.25,
        "rejected": 0.25,
        "cancelled": 0.0,
        "expired": 0.0,
        "completed": 0.5,
    }
    assert {stage: times["count"] for stage, times in found["times"].items()} == {
        "answered": 4,
        "approved": 2,
        "received": 0,
        "inspected": 0,
        "paid": 2,
        "completed": 2,
    }
    for times in (found["times"]["answered"], found["times"]["completed"]):
        assert 0 < times["median_s"] <= times["p90_s"]
    assert found["times"]["approved"]["median_s"] < found["times"]["completed"]["median_s"]


async def test_the_way_of_the_goods_is_timed_too(shop: Shop) -> None:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    for verb in ("receipt", "inspection"):
        await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/{verb}", {})
    await shop.until(refund, "completed")

    times = (await report(shop))["times"]

    order = ["answered", "received", "inspected", "paid", "completed"]
    seconds = [times[stage]["median_s"] for stage in order]
    assert seconds == sorted(seconds) and all(times[stage]["count"] == 1 for stage in order)


async def test_the_response_is_measured_against_the_policys_target(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, response_target="PT1H")
    await shop.order("o1")
    await shop.approved_refund("o1")
    await shop.order("o2")
    slow = await shop.refund("o2", reason="changed_mind")
    async with shop.engine.begin() as connection:
        earlier = "update refund_events set at = at - interval '2 hours' where refund_id = %s"
        await connection.exec_driver_sql(earlier, (slow["refund_id"],))

    waiting = (await report(shop))["response"]
    await shop.reviewer.post(f"/v1/refunds/{slow['refund_id']}/review", {"decision": "request_evidence"})
    answered = (await report(shop))["response"]
    lately = await shop.reviewer.get("/v1/reports/response", **{"from": days_ago(1)})
    to_come = await shop.reviewer.get("/v1/reports/response", **{"from": days_ago(-2)})

    assert lately == answered and (to_come["answered"], to_come["mean_s"]) == (0, None)
    assert waiting.pop("mean_s") < answered.pop("mean_s")
    assert waiting == {"target": "PT1H", "answered": 1, "within_target": 1, "overdue": 1, "share": 0.5}
    assert answered == {"target": "PT1H", "answered": 2, "within_target": 1, "overdue": 0, "share": 0.5}


async def test_a_report_is_about_the_refunds_requested_in_its_time_and_about_nobody_elses(
    shop: Shop, other_shop: Shop
) -> None:
    await other_shop.order()
    await other_shop.refund()
    await shop.order()
    made_at = datetime.fromisoformat((await shop.refund())["created_at"])
    just_after = (made_at + timedelta(microseconds=1)).isoformat()

    assert (await report(shop))["refunds"] == 1
    assert (await report(shop, **{"from": made_at.isoformat(), "to": just_after}))["refunds"] == 1
    assert (await report(shop, **{"from": just_after}))["refunds"] == 0
    assert (await report(shop, to=made_at.isoformat()))["refunds"] == 0
    with pytest.raises(Refused, match="422 validation_failed"):
        await report(shop, **{"from": just_after, "to": made_at.isoformat()})


# Feedback


async def test_feedback_is_for_refunds_that_are_over_and_the_last_word_counts(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    at = f"/v1/refunds/{refund['refund_id']}"
    lilei = Api(shop.http, await shop.customer_key(shop.customer_id))
    with pytest.raises(Refused, match="409 conflicting_state"):
        await lilei.post(f"{at}/feedback", {"score": 5})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    await shop.until(refund, "completed")

    await shop.merchant.post(f"{at}/feedback", {"score": 1})
    said = await lilei.post(f"{at}/feedback", {"score": 4, "comment": "paid back at once"})

    feedback = said["feedback"]
    assert (feedback["score"], feedback["comment"], feedback["by"]) == (4, "paid back at once", "customer:lilei")
    assert datetime.fromisoformat(feedback["at"]) <= clock.now()
    assert (await lilei.get(at))["feedback"] == feedback
    assert (await report(shop))["satisfaction"] == {"count": 1, "mean": 4.0}


async def test_satisfaction_is_the_mean_of_all_who_said_something(shop: Shop) -> None:
    for order_id, score in (("o1", 5), ("o2", 2), ("o3", None)):
        await shop.order(order_id)
        done = await shop.approved_refund(order_id)
        if score:
            await shop.merchant.post(f"/v1/refunds/{done['refund_id']}/feedback", {"score": score})

    assert (await report(shop))["satisfaction"] == {"count": 2, "mean": 3.5}


@pytest.mark.parametrize("body", [{}, {"score": 0}, {"score": 6}, {"score": "5"}, {"score": 4.5}])
async def test_a_score_is_a_whole_number_from_1_to_5(shop: Shop, body: Json) -> None:
    await shop.order()
    done = await shop.approved_refund()

    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.merchant.post(f"/v1/refunds/{done['refund_id']}/feedback", body)


async def test_nobody_speaks_for_another_customer(shop: Shop) -> None:
    await shop.order()
    done = await shop.approved_refund()
    hanmeimei = Api(shop.http, await shop.customer_key("hanmeimei"))

    with pytest.raises(Refused, match="404 not_found"):
        await hanmeimei.post(f"/v1/refunds/{done['refund_id']}/feedback", {"score": 1})
