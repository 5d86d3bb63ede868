"""Whatever changes money, value, policy, keys or rights is in the audit trail: every operation that changes something
is asked for once, and leaves an entry by whoever has the key, or stands in a list with a reason (rule 39).
"""

import httpx
import pytest

from db.api_keys import Role
from tests.api.changes import CHANGES, Change
from tests.api.provoked_everywhere import CALLS
from tests.api.published import as_made, operations
from tests.shop import Shop
from tools.client import Json

NEED_NONE = {
    "simulatePolicy": "it works out what would be, and stores nothing",
    "quoteRefund": "it works out what would be, and stores nothing",
    "putPreferences": "by what and in which language one is written to moves no money and opens nothing",
    "takeReview": "who looks at a review decides nothing by that",
    "putReviewBack": "who looks at a review decides nothing by that",
    "sendPicture": "a picture is nobody's evidence until a request or a refund names it, which is told",
    "redeliverWebhookEvent": "what was told is told again, as it was",
    "askForCode": "nobody is told who asks and for what; what the code opens is told",
    "askForPasskey": "a challenge opens nothing; what answers it is told",
    "takeWebhook": "nobody has a key there; what comes of it is told as the provider's or the carrier's word",
    "takeGatewayWebhook": "nobody has a key there; what comes of it is told as the provider's or the carrier's word",
    "setChargeBehaviour": "a sandbox has no money",
    "setCarrierTerms": "a sandbox has no parcels",
    "moveParcel": "a sandbox has no parcels",
}
"""What changes something and leaves no entry, and why."""

OPERATIONS = {each.name: each for each in operations(as_made()) if each.method != "GET"}


def test_every_operation_that_changes_something_is_told_or_has_a_reason() -> None:
    assert sorted([*CHANGES, *NEED_NONE]) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_told_by_person_and_key_and_another_merchant_makes_none_of_it(
    shop: Shop, other_shop: Shop, name: str
) -> None:
    change, whose = await CHANGES[name](shop), {"role": CALLS[name].role, "person": "han.meimei"}
    theirs, others = [await each.owner.post("/v1/api-keys", whose) for each in (shop, other_shop)]
    before = len(await trail(shop))

    crossed = await send(shop, name, change, others["key"]) if change.key is None else None
    answer = await send(shop, name, change, theirs["key"] if change.key is None else change.key)

    assert answer.is_success, answer.text
    new = (await trail(shop))[before:]
    if crossed is not None:
        by = {(each["detail"].get("by_person"), each["detail"].get("by_key")) for each in new}
        assert ("han.meimei", theirs["key_id"]) in by, new
        assert others["key_id"] not in str(new) and shop.merchant_id not in crossed.text and crossed.status_code < 500
    elif change.key:
        assert any("by_key" in each["detail"] for each in new), new
    else:
        assert any(each["actor"].startswith(Role.CUSTOMER) and "session_id" in each["detail"] for each in new), new


async def send(shop: Shop, name: str, change: Change, key: str) -> httpx.Response:
    headers = {**change.request.get("headers", {}), **({"Authorization": f"Bearer {key}"} if key else {})}
    sent = {**change.request, "headers": headers} | ({} if change.body is None else {"json": change.body})
    return await shop.http.request(OPERATIONS[name].method, change.path, **sent)


async def trail(shop: Shop) -> list[Json]:
    return list((await shop.ops.get("/v1/audit"))["items"])
