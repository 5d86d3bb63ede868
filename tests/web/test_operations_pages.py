"""Operations on pages: what needs attention is answered by a button, and what systems were told is sent again."""

from db.api_keys import Role
from tests.shop import Shop
from tests.web.staff import signed_in


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
