"""Operations on pages: what needs attention is answered by a button, and what systems were told is sent again."""

import pytest

from db.api_keys import Role
from tests.shop import ANYTHING, Shop, days_ago
from tests.web.staff import signed_in
from tools.stack.stack import Stack
from web.visitors import STAFF_KEY


async def test_what_needs_attention_is_said_and_resolved_by_a_button(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "decline")
    await shop.policy(auto_approve={"max_amount": 10**12, "max_risk": 100}, declined_tender="hold")
    refund = await shop.until_noticed(await shop.refund())
    asks, path = refund["needs_attention"], f"/pages/operations/refunds/{refund['refund_id']}/resolution"
    browser, page = await signed_in(shop, Role.OPS)

    assert "settle" in asks["actions"]
    settled = {**page.form(path).fields, "action": "settle"}
    silent = await browser.post(path, settled)
    done = await browser.post(path, {**settled, "note": "paid by hand"})

    assert asks["reason"] in page.text and "o1" in page.text
    assert silent.status == 422 and "Write what you did" in silent.text
    assert done.address.endswith("/pages/operations?done=resolved")
    assert (await shop.until(refund, "completed"))["status"] == "completed"
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    assert any("paid by hand" in str(each) for each in trail)


async def test_books_audit_events_and_keys_are_shown_to_whom_they_are_for(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()
    ops, _ = await signed_in(shop, Role.OPS)
    owner, _ = await signed_in(shop, Role.OWNER)

    events, books = await ops.open("/pages/operations/events"), await ops.open("/pages/operations/books")
    audit, keys = await ops.open("/pages/operations/audit"), await owner.open("/pages/operations/keys")
    theirs = await ops.open("/pages/operations/keys")

    assert "What your systems were told" in events.text and events.status == 200
    assert "Everything agrees" in books.text and "It is whole" in audit.text
    assert theirs.status == 403 and "reviewer" in keys.text
    for key in (shop.keys[Role.REVIEWER], shop.keys[Role.OWNER]):
        assert key not in keys.html


async def test_a_key_is_revoked_by_its_button(shop: Shop) -> None:
    made = await shop.owner.post("/v1/api-keys", {"role": "warehouse", "person": "jim"})
    browser, _ = await signed_in(shop, Role.OWNER)
    page = await browser.open("/pages/operations/keys")

    done = await browser.send(page, f"/pages/operations/keys/{made['key_id']}/revocation")

    assert "The key is revoked" in done.text
    refused = await shop.http.get("/v1/caller", headers={"Authorization": f"Bearer {made['key']}"})
    assert refused.status_code == 401


async def test_a_refund_leads_to_its_very_run_in_the_temporal_ui(shop: Shop, stack: Stack) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    browser, _ = await signed_in(shop, Role.OPS)

    page = await browser.open(f"/pages/operations/refunds/{refund['refund_id']}")

    run = (await shop.workflow(refund).describe()).run_id
    assert page.links["Open it in the Temporal UI"] == (
        f"{stack.description.temporal_ui_url}/namespaces/default/workflows/refund-{refund['refund_id']}/{run}/history"
    )
    assert "paid" in page.text and "the refund is complete" in page.text


@pytest.mark.parametrize(("language", "word"), [("en", "How long it takes"), ("zh-CN", "各环节用时")])
async def test_how_it_goes_is_said_in_short_by_stage_and_gateway(shop: Shop, language: str, word: str) -> None:
    await shop.policy(auto_approve=ANYTHING, declined_tender="store_credit")
    for order_id in ("o1", "o2"):
        await shop.order(order_id)
    await shop.behave("ch-o2", "decline")
    for order_id in ("o1", "o2"):
        await shop.approved_refund(order_id)
    browser, _ = await signed_in(shop, Role.OPS, language)

    page = await browser.open("/pages/operations/pace?of=week")

    (sandbox,) = (await shop.ops.get("/v1/reports/gateways", **{"from": days_ago(1)}))["items"]
    assert sandbox == {"gateway": "sandbox", "payouts": 2, "succeeded": 2, "undecided": 0, "declined": 1}
    assert word in page.text and "sandbox" in page.text and "50" in page.text
    assert (await shop.ops.get("/v1/reports/gateways", **{"from": days_ago(-2)}))["items"] == []


async def test_the_cookie_of_a_pasted_key_watches_refunds_and_changes_nothing(shop: Shop) -> None:
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))
    browser, _ = await signed_in(shop, Role.REVIEWER)
    path = f"/v1/refunds/{refund['refund_id']}"
    cookie = {"Cookie": f"{STAFF_KEY}={browser.cookies[STAFF_KEY]}"}

    async with shop.http.stream("GET", f"{path}/events", headers=cookie) as events:
        first = await anext(line async for line in events.aiter_lines() if line.startswith("data:"))
    said = await shop.http.post(f"{path}/review", headers=cookie, json={"decision": "approve"})
    queue = await shop.http.get("/v1/reviews", headers=cookie)
    before = await browser.open(f"/pages/desk{path.removeprefix('/v1')}/news?seen=0")
    after = await browser.open(f"/pages/desk{path.removeprefix('/v1')}/news?seen=99")

    assert "requested" in first
    assert (said.status_code, queue.status_code) == (401, 401)
    assert "Something has happened" in before.text and after.text == ""
