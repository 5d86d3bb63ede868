"""Many refunds at once: previewed line by line, confirmed by repeating what they come to, stopped at any time."""

import asyncio

import pytest

from db.api_keys import Role
from tests.api.bulk_desk import BulkDesk, a_refund, some_of, stands, why
from tests.shop import Shop, a_line, a_payment
from tests.workflows.test_payouts import gateway_refunds


@pytest.fixture
def desk(shop: Shop) -> BulkDesk:
    return BulkDesk(shop)


async def test_a_bulk_is_previewed_confirmed_and_paid(shop: Shop, desk: BulkDesk) -> None:
    await shop.lenient_policy(bulk_grace="PT0S")
    await desk.orders(["o1", "o2", "o3"])
    in_dollars = [a_payment("p1", 50_00, "ch-usd")]
    await shop.order("o4", currency="USD", lines=[a_line("l1", unit_price=50_00)], payments=in_dollars)

    bulk = await desk.previewed(some_of("o1", 1), a_refund("o2"), a_refund("o3", reason="changed_mind"), a_refund("o4"))

    cny, usd = bulk["totals"]
    assert (cny["currency"], cny["lines"], cny["amount"]) == ("CNY", 3, 300_000)
    assert cny["tenders"] == [{"tender": "card", "lines": 3, "amount": 300_000}]
    assert [(each["reason"], each["lines"], each["amount"]) for each in cny["reasons"]] == [
        ("changed_mind", 1, 120_000),
        ("quality_issue", 2, 180_000),
    ]
    assert (usd["currency"], usd["amount"]) == ("USD", 5_000)
    assert bulk["lines"][0]["preview"]["payouts"] == [{"payment_id": "p1", "tender": "card", "amount": 60_000}]
    assert await gateway_refunds(shop) == []
    assert (await shop.merchant.get("/v1/refunds"))["items"] == []

    await desk.confirmed(bulk)
    done = await desk.until_paid(bulk, 4)

    assert sum(amount for _, amount, _ in await gateway_refunds(shop)) == 305_000
    assert (await desk.until(bulk, "completed"))["counts"]["begun"] == 4
    refund = await shop.merchant.get(f"/v1/refunds/{done['lines'][0]['refund_id']}")
    assert (refund["order_id"], refund["total"], refund["timeline"][0]["event"]) == ("o1", 60_000, "requested")
    booked, asked, *_ = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert (booked["action"], booked["actor"]) == ("order_booked", "merchant")
    assert asked["detail"]["bulk_line"] == 1 and asked["actor"] == "ops"


async def test_a_broken_line_says_what_is_wrong_and_the_others_stand(desk: BulkDesk) -> None:
    await desk.orders(["o1", "o2"])

    bulk = await desk.previewed(
        a_refund("o1"),
        '{"order_id": "o1", "reason": ',
        "",
        a_refund("o1", lines=[{"line_id": "l1", "quantity": 1.5}], colour="red"),
        "[]",
        a_refund("nobody-knows-this"),
        a_refund("o2", refund_to="bank_transfer"),
        a_refund("o2", evidence=["http://shop.example/1.jpg"]),
        a_refund("o2", lines=[{"line_id": "l9", "quantity": 1}]),
        a_refund("o2"),
    )

    assert stands(bulk) == {
        1: "ready", 2: "refused", 4: "refused", 5: "refused", 6: "refused", 7: "refused", 8: "refused", 9: "refused",
        10: "ready",
    }  # fmt: skip
    assert why(bulk) == {
        **dict.fromkeys((2, 4, 5, 7, 8), "validation_failed"), 6: "not_found", 9: "line_not_found",
    }  # fmt: skip
    by_line = {each["line"]: each for each in bulk["lines"]}
    assert {each["pointer"] for each in by_line[4]["errors"]} == {"/lines/0/quantity", "/colour"}
    assert [each["pointer"] for each in by_line[8]["errors"]] == ["/evidence/0"]
    assert (by_line[2]["order_id"], by_line[4]["order_id"]) == (None, "o1")
    assert [(each["lines"], each["amount"]) for each in bulk["totals"]] == [(2, 240_000)]
    refused = await desk.read(bulk, line_status="refused", limit=3)
    assert [each["line"] for each in refused["lines"]] == [2, 4, 5]
    rest = await desk.read(bulk, line_status="refused", limit=200, lines_cursor=refused["next_lines"])
    assert ([each["line"] for each in rest["lines"]], rest["next_lines"]) == ([6, 7, 8, 9], None)


async def test_a_line_is_judged_against_what_the_ones_before_it_leave(shop: Shop, desk: BulkDesk) -> None:
    await shop.lenient_policy(bulk_grace="PT0S")
    await desk.orders(["o1", "o2"])
    off = [{"line_id": "l1", "amount": 10_00}]

    bulk = await desk.previewed(
        some_of("o1", 1), some_of("o1", 2), a_refund("o2", lines=off), a_refund("o1"), a_refund("o2", lines=off),
        a_refund("o2", lines=off, confirm_duplicate=True),
    )  # fmt: skip
    await desk.confirmed(bulk)
    await desk.until_paid(bulk, 4)

    assert why(bulk) == {2: "quantity_not_available", 5: "duplicate_request"}
    assert "line 3 asked for the same money" in bulk["lines"][4]["detail"]
    assert bulk["totals"][0]["amount"] == 60_000 + 60_000 + 2 * 10_00
    assert sum(amount for _, amount, _ in await gateway_refunds(shop)) == 122_000


async def test_a_confirmation_repeats_the_totals(desk: BulkDesk) -> None:
    await desk.orders(["o1"])
    bulk = await desk.previewed(a_refund("o1"))

    less = await desk.confirm(bulk, totals=[{"currency": "CNY", "amount": 119_999}])
    none = await desk.confirm(bulk, totals=[])
    another = await desk.confirm(bulk, totals=[{"currency": "USD", "amount": 120_000}])

    for answer in (less, none, another):
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert "120000 minor units of CNY (¥1,200.00) in 1 lines" in answer.json()["detail"]
    assert (await desk.read(bulk))["status"] == "awaiting_confirmation"
    first, again = await desk.confirmed(bulk), await desk.confirmed(bulk)
    assert (first["status"], first["begins_at"], first["confirmed_by"]) == ("grace", again["begins_at"], "ops")


async def test_in_its_grace_all_of_it_is_stopped(shop: Shop, desk: BulkDesk) -> None:
    await desk.orders(["o1", "o2"])
    bulk = await desk.previewed(a_refund("o1"), a_refund("o2"), "{")
    await desk.confirmed(bulk)

    stopped, again = await desk.stop(bulk), await desk.stop(bulk)
    confirmed = await desk.confirm(bulk)

    assert (stopped.json()["status"], stopped.json()["stopped_by"]) == ("stopped", "ops")
    assert again.json() == stopped.json() and stands(again.json()) == {1: "stopped", 2: "stopped", 3: "refused"}
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "conflicting_state")
    assert (await shop.merchant.get("/v1/refunds"))["items"] == []


async def test_a_line_that_comes_to_something_else_by_then_is_skipped(shop: Shop, desk: BulkDesk) -> None:
    await shop.lenient_policy(bulk_grace="PT0S")
    await desk.orders(["o1", "o2", "o3"])
    bulk = await desk.previewed(a_refund("o1"), a_refund("o2"), some_of("o3", 2))
    await shop.refund("o1", lines=[{"line_id": "l1", "quantity": 1}])
    await shop.refund("o3", lines=[{"line_id": "l1", "quantity": 1}])

    await desk.confirmed(bulk)
    done = await desk.until(bulk, "completed")

    assert stands(done) == {1: "changed", 2: "begun", 3: "changed"}
    assert why(done) == {1: "changed", 3: "quantity_not_available"}
    assert done["lines"][0]["detail"] == "it would come to ¥600.00 now, the preview said ¥1,200.00"
    assert any("2 changed" in each["body"] for each in (await shop.ops.get("/v1/inbox"))["items"])


async def test_the_same_key_is_the_same_bulk_and_the_same_file_is_noticed(shop: Shop, desk: BulkDesk) -> None:
    await shop.lenient_policy(bulk_grace="PT0S")
    await desk.orders(["o1"])
    off = a_refund("o1", lines=[{"line_id": "l1", "amount": 1_00}], confirm_duplicate=True)
    first, again = await desk.sent(off, key="k1"), await desk.sent(off, key="k1")
    other = await desk.sent(a_refund("o1"), key="k1")
    bulk = await desk.until(first.json(), "awaiting_confirmation")
    await desk.confirmed(bulk)
    await desk.until(bulk, "completed")

    once_more = await desk.previewed(off)
    refused = await desk.confirm(once_more)
    meant = await desk.confirm(once_more, confirm_duplicate=True)

    assert first.json()["bulk_id"] == again.json()["bulk_id"]
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (bulk["same_as"], once_more["same_as"]) == (None, bulk["bulk_id"])
    assert (refused.status_code, refused.json()["code"], meant.status_code) == (409, "duplicate_request", 202)
    assert {each["bulk_id"] for each in (await shop.ops.get("/v1/bulk"))["items"]} == {
        bulk["bulk_id"], once_more["bulk_id"],
    }  # fmt: skip


async def test_another_merchants_orders_and_bulks_are_nobodys(other_shop: Shop, desk: BulkDesk) -> None:
    await other_shop.order("theirs")
    bulk = await desk.previewed(a_refund("theirs"))
    theirs = BulkDesk(other_shop)

    answers = [await theirs.confirm(bulk), await theirs.stop(bulk)]
    answers.append(await other_shop.raw(Role.OPS, "GET", f"/v1/bulk/{bulk['bulk_id']}"))
    nothing = await desk.confirm(bulk)

    assert why(bulk) == {1: "not_found"} and bulk["totals"] == []
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert (nothing.status_code, nothing.json()["code"]) == (409, "conflicting_state")
    assert (await other_shop.ops.get("/v1/bulk"))["items"] == []


async def test_what_is_no_file_of_refunds_is_refused_at_once(desk: BulkDesk) -> None:
    empty, sheet = await desk.sent(body=b"\n\r\n"), await desk.sent("order,amount", "o1,5")
    many = await desk.sent(body=b"{}\n" * 10_001)
    large = await desk.sent(body=b" " * 4_200_000 + b"{}")

    assert (empty.status_code, empty.json()["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in sheet.json()["errors"]] == ["/1", "/2"]
    assert (many.status_code, many.json()["code"]) == (413, "body_too_large") and "10001" in many.text
    assert large.status_code == 413


async def test_two_who_confirm_and_stop_at_once_are_told_the_same(shop: Shop, desk: BulkDesk) -> None:
    await desk.orders(["o1"])
    bulk = await desk.previewed(a_refund("o1"))

    answers = await asyncio.gather(*(desk.confirm(bulk) for _ in range(4)), desk.stop(bulk))
    now = await desk.read(bulk)

    assert answers[-1].status_code == 202 and now["status"] == "stopped"
    assert {each.status_code for each in answers[:4]} <= {202, 409}
    assert (await shop.merchant.get("/v1/refunds"))["items"] == []
