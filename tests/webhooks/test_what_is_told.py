"""A merchant's systems are told what happens to refunds, signed, of each refund in order."""

import base64
import hashlib
import hmac

from standardwebhooks import Webhook

from tests.shop import Shop
from tests.webhooks.desk import all_delivered, endpoint, log, until_logged
from tests.webhooks.receiver import receiving


async def test_what_happens_to_a_refund_is_told_in_order_and_its_signature_verifies(shop: Shop) -> None:
    async with receiving() as receiver:
        made = await endpoint(shop, receiver)
        await shop.order()
        refund = await shop.returned(reason="quality_issue")
        posted = await receiver.until(lambda posted: any(each.type == "refund.completed" for each in posted))

    sequences = [each.json["data"]["sequence"] for each in posted]
    assert sequences == sorted(sequences)
    told = [each.type for each in posted]
    in_order = ["refund.requested", "refund.approved", "return.label_ready", "return.parcel_received"]
    in_order += ["return.inspected", "refund.settled", "refund.paid", "refund.completed"]
    assert [each for each in told if each in in_order] == in_order
    for each in posted:
        Webhook(made["secret"]).verify(each.body, each.headers)
        assert each.json["event_id"] == each.event_id
    last = posted[-1].json["data"]
    assert last["refund"]["refund_id"] == refund["refund_id"] and last["refund"]["order_id"] == "o1"
    assert [(line["line_id"], line["quantity"], line["amount"]) for line in last["lines"]] == [("l1", 2, 120_000)]
    assert [(each["payment_id"], each["amount"], each["status"]) for each in last["tenders"]] == [
        ("p1", 120_000, "succeeded")
    ]
    assert last["return"]["rma"] == refund["return"]["rma"]
    assert last["shipping"] == {"amount": 0, "tax": 0}


async def test_a_signature_is_what_the_published_description_says(shop: Shop) -> None:
    async with receiving() as receiver:
        made = await endpoint(shop, receiver, event_types=["refund.requested"])
        await shop.order()
        await shop.refund()
        (posted,) = await receiver.until(len)

    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert posted.headers["webhook-signature"] == f"v1,{expected}"


async def test_an_endpoint_is_told_what_it_wants_alone(shop: Shop) -> None:
    async with receiving() as all_of_it, receiving() as the_end:
        await endpoint(shop, all_of_it, "all")
        await endpoint(shop, the_end, "end", event_types=["refund.completed"])
        await shop.order()
        await shop.approved_refund()
        await until_logged(shop, all_delivered, type="refund.completed")
        await until_logged(shop, all_delivered)

    assert [each.type for each in the_end.posted] == ["refund.completed"]
    assert len(all_of_it.posted) > 3


async def test_who_has_no_endpoint_has_no_outbox(shop: Shop) -> None:
    await shop.order()
    await shop.approved_refund()

    assert await log(shop) == []


async def test_a_merchant_is_told_of_its_own_refunds_and_reads_its_own_log(shop: Shop, other_shop: Shop) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        await other_shop.order()
        await other_shop.approved_refund()
        await shop.order()
        refund = await shop.approved_refund()
        told = await until_logged(shop, all_delivered)

    assert {each.json["data"]["refund"]["refund_id"] for each in receiver.posted} == {refund["refund_id"]}
    assert await log(other_shop) == []
    assert {each["refund_id"] for each in told} == {refund["refund_id"]}


async def test_the_log_says_what_was_sent_to_whom_and_what_was_answered(shop: Shop) -> None:
    async with receiving(status=200, says="好".encode() * 2_000) as receiver:
        await endpoint(shop, receiver, event_types=["refund.requested", "refund.completed"])
        await shop.order()
        refund = await shop.approved_refund()
        first, last = await until_logged(shop, lambda items: len(items) == 2 and all_delivered(items))
        page = await shop.ops.get("/v1/webhook-events", limit=1)
        following = await shop.ops.get("/v1/webhook-events", limit=1, cursor=page["next"])
        of_refund = await log(
            shop, refund_id=refund["refund_id"], order_id="o1", status="delivered", endpoint_id="shop"
        )
        alone = await shop.merchant.get(f"/v1/webhook-events/{first['event_id']}")

    assert [page["items"][0], following["items"][0], following["next"]] == [last, first, None]
    assert of_refund == [first, last] and alone == first
    assert await log(shop, order_id="o2") == []
    assert (first["type"], first["refund_id"], first["order_id"]) == ("refund.requested", refund["refund_id"], "o1")
    assert first["body"].encode() == receiver.posted[0].body
    (delivery,) = first["deliveries"]
    assert (delivery["endpoint_id"], delivery["attempts"], delivery["next_at"]) == ("shop", 1, None)
    (attempt,) = delivery["log"]
    assert (attempt["status_code"], attempt["trouble"], attempt["url"]) == (200, None, receiver.url)
    assert len(attempt["answer"].encode()) <= 1_003 and attempt["answer"].startswith("好好")


async def test_what_waits_is_counted(shop: Shop) -> None:
    async with receiving(status=500) as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        await shop.approved_refund()
        await receiver.until(lambda posted: len(posted) >= 2)
        shown = await shop.until_watched(
            lambda shown: shown["makewhole_webhooks_pending"] >= 1 and shown["makewhole_webhook_endpoints_failing"] >= 1
        )

    assert shown["makewhole_webhook_lag_seconds"] >= 0
