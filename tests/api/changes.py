"""One request for each operation that changes something, after what it takes for it to be granted."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.api.bulk_desk import BulkDesk, a_refund, written
from tests.api.provider import CURRENT, configured, providing, signed_in
from tests.api.provoked_carriers import A_CARRIER
from tests.api.provoked_everywhere import A_CAMPAIGN, A_COUPON, EVIDENCE, awaiting_return, waiting
from tests.api.provoked_externals import A_DISPUTE, AN_EXTERNAL_REFUND
from tests.api.provoked_gateways import A_GATEWAY, A_SYSTEM
from tests.api.provoked_passkeys import in_a_session
from tests.api.provoked_sign_ins import A_PROVIDER
from tests.api.provoked_webhooks import AN_ENDPOINT
from tests.authenticator import Device
from tests.shop import ANYTHING, Shop
from tests.upkeep.scenes import kept_out
from tools.client import Api, Json
from upkeep.monitoring import LOCK, watch


@dataclass(frozen=True)
class Change:
    """What is sent where. With a `key` it is sent as whoever has that, else with a new key of its operation's role."""

    path: str
    body: Json | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


Story = Callable[[Shop], Awaitable[Change]]

C1 = "/v1/customers/c1"
A_KEY: Json = {"role": "reviewer"}
ENDPOINT = "/v1/webhook-endpoints/e-1"


def plain(path: str, body: Json | None = None) -> Story:
    """What is granted whatever was there before."""

    async def tell(_: Shop) -> Change:
        return Change(path, body)

    return tell


def of_customer(path: str, body: Json | None = None) -> Story:
    async def tell(shop: Shop) -> Change:
        await shop.merchant.put(C1, {"email": shop.address_of("c1")})
        return Change(C1 + path, body)

    return tell


def of_a_suspended(path: str, body: Json | None = None) -> Story:
    async def tell(shop: Shop) -> Change:
        await shop.merchant.put(C1, {})
        await shop.ops.post(f"{C1}/suspension", {})
        return Change(C1 + path, body)

    return tell


def of_an_order(path: str, body: Json | None = None) -> Story:
    async def tell(shop: Shop) -> Change:
        await shop.order()
        return Change(f"/v1/orders/o1{path}", body)

    return tell


def of_what_owners_have(path: str, it: Json, after: str = "", body: Json | None = None) -> Story:
    async def tell(shop: Shop) -> Change:
        await shop.owner.put(path, it)
        return Change(path + after, body)

    return tell


def of_what_waits(path: str, body: Json) -> Story:
    async def tell(shop: Shop) -> Change:
        return Change(await waiting(shop) + path, body)

    return tell


def of_a_return(path: str, body: Json) -> Story:
    async def tell(shop: Shop) -> Change:
        return Change(await awaiting_return(shop) + path, body)

    return tell


async def _an_order(shop: Shop) -> Change:
    return Change("/v1/orders/o1", shop.order_body())


async def _a_request(shop: Shop) -> Change:
    await shop.order()
    return Change("/v1/refunds", a_refund("o1"))


async def _a_rotation(shop: Shop) -> Change:
    made = await shop.owner.post("/v1/api-keys", A_KEY)
    return Change(f"/v1/api-keys/{made['key_id']}/rotation", {})


async def _a_revocation(shop: Shop) -> Change:
    made = await shop.owner.post("/v1/api-keys", A_KEY)
    return Change(f"/v1/api-keys/{made['key_id']}")


async def _what_a_link_opens(shop: Shop) -> Change:
    await shop.order()
    url = (await shop.merchant.post("/v1/orders/o1/page/links", {}))["url"]
    code_id, _, code = parse_qs(urlsplit(url).query)["link"][0].partition(".")
    return Change("/v1/identity/sessions", {"code_id": code_id, "code": code}, key="")


async def _the_end_of_a_session(shop: Shop) -> Change:
    key, _ = await in_a_session(shop, 0)
    return Change("/v1/identity/sessions", key=key)


async def _a_passkey(shop: Shop) -> Change:
    key, _ = await in_a_session(shop, 0)
    asked = await Api(shop.http, key).post("/v1/identity/passkeys/options", {"merchant_id": shop.merchant_id})
    device = Device(origin=f"http://localhost:{shop.http.base_url.port}")
    made = {"challenge_id": asked["challenge_id"], "credential": device.make(asked["public_key"])}
    return Change("/v1/identity/passkeys", made, key="")


async def _a_lost_passkey(shop: Shop) -> Change:
    _, (passkey_id,) = await in_a_session(shop, 1)
    return Change(f"/v1/identity/passkeys/{passkey_id}")


async def _session_of_staff(shop: Shop) -> tuple[str, str]:
    async with providing() as provider:
        browser = await signed_in(shop, provider, await configured(shop, provider))
    (own,) = (await shop.owner.get("/v1/staff-sessions"))["items"]
    return browser.session, own["session_id"]


async def _signing_out(shop: Shop) -> Change:
    return Change(CURRENT, key=(await _session_of_staff(shop))[0])


async def _another_signed_out(shop: Shop) -> Change:
    return Change(f"/v1/staff-sessions/{(await _session_of_staff(shop))[1]}")


async def _an_inspection(shop: Shop) -> Change:
    at = await awaiting_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    return Change(f"{at}/inspection", {"lines": []})


async def _a_resolution(shop: Shop) -> Change:
    await shop.policy(auto_approve=ANYTHING, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "decline")
    refund = await shop.until(await shop.refund(), "needs_attention")
    said = {"step": refund["needs_attention"]["step"], "action": "settle"}
    return Change(f"/v1/refunds/{refund['refund_id']}/resolution", said)


async def _an_opinion(shop: Shop) -> Change:
    await shop.order()
    return Change(f"/v1/refunds/{(await shop.approved_refund())['refund_id']}/feedback", {"score": 5})


async def _an_alert(shop: Shop) -> Change:
    await shop.policy(monitoring={"many_of_customer": {"count": 1, "window": "P7D"}})
    async with kept_out(shop, LOCK):
        await watch(shop.engine, settled=timedelta())
        await shop.order()
        await shop.refund()
        await watch(shop.engine, settled=timedelta())
    (alert, *_) = (await shop.ops.get("/v1/risk-alerts"))["items"]
    return Change(f"/v1/risk-alerts/{alert['alert_id']}/acknowledgement", {})


async def _a_bulk(shop: Shop) -> Change:
    await shop.order()
    sent = {"content": written(a_refund("o1")), "headers": {"Content-Type": "application/jsonl"}}
    return Change("/v1/refunds/bulk", request=sent)


async def _a_confirmation(shop: Shop) -> Change:
    await shop.order()
    bulk = await BulkDesk(shop).previewed(a_refund("o1"))
    totals = [{"currency": each["currency"], "amount": each["amount"]} for each in bulk["totals"]]
    return Change(f"/v1/bulk/{bulk['bulk_id']}/confirmation", {"totals": totals})


async def _a_stop(shop: Shop) -> Change:
    await shop.order()
    bulk = await BulkDesk(shop).previewed(a_refund("o1"))
    return Change(f"/v1/bulk/{bulk['bulk_id']}/stop", {})


async def _a_report(_: Shop) -> Change:
    sent = {"content": b"a report", "params": {"gateway": "sandbox", "format": "stripe", "name": secrets.token_hex(4)}}
    return Change("/v1/settlement-reports", request=sent)


CHANGES: Mapping[str, Story] = {
    "makeApiKey": plain("/v1/api-keys", A_KEY),
    "rotateApiKey": _a_rotation,
    "revokeApiKey": _a_revocation,
    "makeCustomerKey": of_customer("/keys", {}),
    "openSession": _what_a_link_opens,
    "endSession": _the_end_of_a_session,
    "makePasskey": _a_passkey,
    "forgetPasskey": _a_lost_passkey,
    "putIdentityProvider": plain("/v1/identity-providers/okta", A_PROVIDER),
    "deleteIdentityProvider": of_what_owners_have("/v1/identity-providers/okta", A_PROVIDER),
    "signOut": _signing_out,
    "revokeStaffSession": _another_signed_out,
    "putPolicy": plain("/v1/policy", {"restocking_fee_bp": 500}),
    "putReasons": plain("/v1/reasons", {"reasons": []}),
    "putCustomer": plain(C1, {"email": "c1@example.com"}),
    "adjustPoints": plain(f"{C1}/points", {"points": 5}),
    "erasePersonalData": of_customer("/personal-data"),
    "suspendCustomer": of_customer("/suspension", {}),
    "reinstateCustomer": of_a_suspended("/suspension"),
    "appealSuspension": of_a_suspended("/appeal", {"note": "not mine"}),
    "putCoupon": plain("/v1/coupons/k1", A_COUPON),
    "putCampaign": plain("/v1/campaigns/k1", A_CAMPAIGN),
    "putOrder": _an_order,
    "makePageLink": of_an_order("/page/links", {}),
    "noteExternalRefund": of_an_order("/external-refunds", AN_EXTERNAL_REFUND),
    "noteDispute": of_an_order("/disputes", A_DISPUTE),
    "requestRefund": _a_request,
    "reviewRefund": of_what_waits("/review", {"decision": "approve"}),
    "recordShipment": of_a_return("/shipment", {"carrier": "SF", "tracking_number": "1"}),
    "recordReceipt": of_a_return("/receipt", {}),
    "recordLoss": of_a_return("/loss", {}),
    "recordInspection": _an_inspection,
    "cancelRefund": of_what_waits("/cancel", {}),
    "resolveRefund": _a_resolution,
    "addEvidence": of_what_waits("/evidence", EVIDENCE),
    "noteParcel": of_a_return("/parcel-notes", {"about": "something_else", **EVIDENCE}),
    "acknowledgeRiskAlert": _an_alert,
    "requestBulkRefunds": _a_bulk,
    "confirmBulkRefunds": _a_confirmation,
    "stopBulkRefunds": _a_stop,
    "giveFeedback": _an_opinion,
    "putGateway": plain("/v1/gateways/stripe", A_GATEWAY),
    "putEntitlementSystem": plain("/v1/entitlement-systems/loyalty", A_SYSTEM),
    "putCarrier": plain("/v1/carriers/post", A_CARRIER),
    "addLabel": of_a_return("/labels", {}),
    "putWebhookEndpoint": plain(ENDPOINT, AN_ENDPOINT),
    "deleteWebhookEndpoint": of_what_owners_have(ENDPOINT, AN_ENDPOINT),
    "rotateWebhookSecret": of_what_owners_have(ENDPOINT, AN_ENDPOINT, "/secret", {}),
    "sendSettlementReport": _a_report,
    "advanceTestClock": plain("/v1/test-clock/advance", {"by": "P1D"}),
}
