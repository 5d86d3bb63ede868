"""The audit trail on pages: searched, proved entry by entry, and taken away for others to verify."""

import json

from db.api_keys import Role
from tests.shop import Shop
from tests.web.staff import signed_in
from tools.client import Json

AUDIT, EVENTS = "/pages/operations/audit", "/pages/operations/events"


async def test_the_trail_is_searched_and_taken_away(shop: Shop) -> None:
    for order_id in ("o1", "o2"):
        await shop.order(order_id)
        await shop.approved_refund(order_id)
    ops, _ = await signed_in(shop, Role.OPS)
    owner, _ = await signed_in(shop, Role.OWNER)

    everything = await ops.open(AUDIT)
    one = await ops.send(everything, AUDIT, order_id="o2")
    exported = await ops.send(one, f"{AUDIT}/trail.jsonl", after="1")
    proofs = await owner.open(AUDIT)
    keys = await owner.open(f"{AUDIT}/public-keys.json")
    nothing = await ops.open(f"{AUDIT}/999999/proof")

    trail = (await shop.ops.get("/v1/audit"))["items"]
    assert "It is whole" in everything.text and "order o1" in everything.text
    assert "order o2" in one.text and "order o1" not in one.text
    lines = [json.loads(line) for line in exported.html.splitlines()]
    assert [each["sequence"] for each in lines][: len(trail) - 1] == [each["sequence"] for each in trail[1:]]
    assert exported.headers["content-disposition"] == 'attachment; filename="audit-trail.jsonl"'
    assert "Export the trail" in proofs.text and "What happened" not in proofs.text
    assert "items" in json.loads(keys.html) and nothing.status == 404


async def test_events_are_found_and_sent_to_an_endpoint_by_its_name(shop: Shop) -> None:
    hooks: Json = {"url": "https://shop.example/hooks", "event_types": ["refund.completed", "refund.approved"]}
    await shop.owner.put("/v1/webhook-endpoints/first", hooks)
    await shop.order()
    refund = await shop.approved_refund()
    await shop.owner.put("/v1/webhook-endpoints/late", hooks)
    browser, _ = await signed_in(shop, Role.OPS)

    page = await browser.open(EVENTS)
    found = await browser.send(page, EVENTS, refund_id=refund["refund_id"], type="refund.completed")
    (event,) = (await shop.ops.get("/v1/webhook-events", type="refund.completed"))["items"]
    path = f"{EVENTS}/{event['event_id']}/redelivery"
    unknown = await browser.send(page, path, endpoint_id="nobody")
    sent = await browser.send(found, path, endpoint_id="late")
    none = await browser.send(page, EVENTS, order_id="another")

    assert found.text.count(f"· {event['event_id']}") == 1 and "refund.approved" not in found.html.split("<section")[1]
    assert unknown.status == 404 and sent.address.endswith("?done=sent")
    told = (await shop.ops.get(f"/v1/webhook-events/{event['event_id']}"))["deliveries"]
    assert [each["endpoint_id"] for each in told] == ["first", "late"]
    assert "Nothing was told yet" in none.text
