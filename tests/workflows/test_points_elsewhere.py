"""Points that live in another system of the merchant's: what a refund does to them is done there, then here."""

from collections.abc import AsyncIterator

import pytest

from activities.elsewhere import Elsewhere
from activities.points import Points
from db.steps import AlreadyUndone
from gateways.addresses import Addresses
from gateways.entitlements.gateway import MOST_ANSWER_BYTES
from gateways.posting import Poster
from service.entitlement_systems import EntitlementSystems
from service.steps import RefundRef
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party, new_secret
from tests.gateways.line import Fault
from tests.shop import ANYTHING, IN_TIME_S, Shop
from tests.upkeep.scenes import at
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tests.workflows.test_refund_story import events
from tools.client import Json, Refused


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


async def lives_there(shop: Shop, party: EntitlementsParty) -> None:
    """The merchant names the system; the customer spent 50 points on an order that earned 300."""
    told = {"url": party.url, "secrets": party.secrets}
    await shop.owner.put("/v1/entitlement-systems/loyalty", told)
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere={"points": "loyalty"})
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    discount = {"source": "points", "points": 50, "amount": 500}
    await shop.order(discounts=[discount], points_earned=300)


async def until_asked(shop: Shop, refund: Json, step: str) -> None:
    """Wait until people are asked about a step."""

    def is_asked(now: Json) -> bool:
        return (now["needs_attention"] or {}).get("step") == step

    await shop.ops.wait_until(refund["refund_id"], is_asked, within_s=IN_TIME_S)


def told_of(events_: list[Json], event: str) -> Json:
    return next(each for each in events_ if each["event"] == event)


async def test_points_are_moved_there_and_then_here(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)

    done = await shop.approved_refund()
    asked = await party.log()
    trail = await shop.ops.get(f"/v1/audit?order_id={done['order_id']}")

    assert await party.balance(shop.customer_id) == -250
    assert (await shop.customer())["points"]["balance"] == 1_000
    assert [each["path"] for each in asked] == ["/do"]
    assert asked[0]["effect"] == {"kind": "points", "restored": 50, "taken": 300}
    assert (asked[0]["refund_id"], asked[0]["merchant_id"]) == (done["refund_id"], shop.merchant_id)
    assert events(done).index("done_elsewhere") < events(done).index("points_settled")
    booked = next(each for each in trail["items"] if each["action"] == "done_elsewhere")
    assert booked["detail"]["reference"].startswith("points-") and booked["detail"]["system"] == "loyalty"


async def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_moved_twice(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    party.line.meets(Fault.ANSWER_LOST)

    await shop.approved_refund()

    assert party.line.struck == 1
    assert await party.asked() == ["do", "look_up"]
    assert await party.balance(shop.customer_id) == -250


async def test_a_request_that_is_lost_is_looked_up_before_it_is_sent_again(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    party.line.meets(Fault.REQUEST_LOST)

    await shop.approved_refund()

    assert await party.asked() == ["look_up", "do"]
    assert await party.balance(shop.customer_id) == -250


async def test_a_no_stops_where_a_person_sees_it_and_is_asked_again(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    await party.goes("refuses")
    refund = await shop.refund()

    waiting = await shop.until(refund, "needs_attention")
    unmoved = (await shop.customer())["points"]["balance"]
    await party.goes("")
    await shop.ops.post(at(refund, "resolution"), {"step": "restore_points", "action": "retry"})
    await shop.until(refund, "completed")

    assert waiting["needs_attention"]["step"] == "restore_points"
    assert waiting["needs_attention"]["reason"].endswith("loyalty refuses: account_closed: closed in May")
    assert (unmoved, (await shop.customer())["points"]["balance"]) == (1_250, 1_000)
    assert await party.balance(shop.customer_id) == -250


async def test_a_payout_that_fails_later_undoes_it_there_and_the_next_round_does_it_again(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    refund = await shop.approved_refund()
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "undone_elsewhere")
    waiting = await shop.until_event(refund, "needs_attention")
    withdrawn = await party.balance(shop.customer_id)
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert events(waiting).index("undone_elsewhere") < events(waiting).index("points_withdrawn")
    assert (withdrawn, await party.balance(shop.customer_id)) == (0, -250)
    named = [each["instruction_id"] for each in await party.log()]
    assert named == [f"{refund['refund_id']}-restore_points-{round_}" for round_ in (1, 1, 2)]
    assert await party.asked() == ["do", "undo", "do"]


async def test_an_undo_whose_answer_is_lost_is_looked_up(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    refund = await shop.approved_refund()
    await shop.behave("ch-o1", "fail_after_success")
    party.line.begins, party.line.does = b"/undo HTTP", b'"action":"undo"'
    party.line.meets(Fault.ANSWER_LOST)

    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")

    assert party.line.struck == 1
    assert await party.asked() == ["do", "undo", "look_up"]
    assert await party.balance(shop.customer_id) == 0


async def test_what_a_person_did_by_hand_is_undone_there_so_that_it_never_comes_late(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    await party.goes("refuses")
    refund = await shop.refund()
    await shop.until(refund, "needs_attention")
    await shop.ops.post(at(refund, "resolution"), {"step": "restore_points", "action": "settle", "note": "moved"})
    await shop.until(refund, "completed")
    await party.goes("")
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "undone_elsewhere")

    assert await party.balance(shop.customer_id) == 0
    assert (await party.asked())[-1] == "undo"


@pytest.mark.parametrize("is_refused_again", [False, True])
async def test_an_undo_that_people_skipped_is_found_out_about_before_anything_is_done_again(
    shop: Shop, party: EntitlementsParty, *, is_refused_again: bool
) -> None:
    await lives_there(shop, party)
    refund = await shop.approved_refund()
    await party.goes("refuses")
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    noticed, before = await shop.until_noticed(refund), await party.asked()
    await shop.ops.post(at(refund, "resolution"), {"step": "withdraw_points", "action": "skip", "note": "later"})
    await until_asked(shop, refund, "pay_out")
    await party.goes("refuses" if is_refused_again else "")
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert noticed["needs_attention"]["step"] == "withdraw_points"
    assert await party.balance(shop.customer_id) == -250
    again = [] if is_refused_again else ["do"]
    assert await party.asked() == [*before, "look_up", "undo", *again]


async def test_a_late_attempt_of_what_was_withdrawn_asks_nobody(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    refund = await shop.approved_refund()
    async with Poster(Addresses(["http://127.0.0.1"]), most_answer_bytes=MOST_ANSWER_BYTES) as poster:
        late = Points(shop.engine, Elsewhere(shop.engine, EntitlementSystems(shop.engine, None, poster)))
        await shop.behave("ch-o1", "fail_after_success")
        await hears_that_it_failed(shop, refund)
        await shop.until_event(refund, "needs_attention")
        before = await party.asked()

        with pytest.raises(AlreadyUndone):
            await late.restore_points(RefundRef(refund["refund_id"], shop.merchant_id))
        await late.withdraw_points(RefundRef(refund["refund_id"], shop.merchant_id))

    assert await party.asked() == before == ["do", "undo"]


async def test_who_names_no_system_is_asked_about_nothing(shop: Shop, party: EntitlementsParty) -> None:
    await shop.owner.put("/v1/entitlement-systems/loyalty", {"url": party.url, "secrets": party.secrets})
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    await shop.order(points_earned=300)

    done = await shop.approved_refund()

    assert await party.asked() == []
    assert "done_elsewhere" not in events(done)


async def test_a_policy_names_systems_that_there_are(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        await shop.policy(entitlements_elsewhere={"points": "nowhere"})

    assert "no entitlement system is called 'nowhere'" in str(refused.value)


async def test_secrets_are_kept_for_the_address_that_they_were_told_for(shop: Shop, party: EntitlementsParty) -> None:
    path, secrets = "/v1/entitlement-systems/loyalty", [new_secret(), new_secret()]
    told = await shop.owner.put(path, {"url": party.url, "secrets": secrets})
    again = await shop.owner.put(path, {"url": party.url})
    read = await shop.owner.get(path)

    with pytest.raises(Refused, match="at least one secret"):
        await shop.owner.put(path, {"url": f"{party.url}/elsewhere"})

    assert told["secret_count"] == again["secret_count"] == read["secret_count"] == 2
    assert not any(secret in str((told, again, read)) for secret in secrets)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://loyalty.shop.example/makewhole", "https"),
        ("https://10.0.0.7/makewhole", "public"),
        ("https://loyalty.shop.example/makewhole?shop=1", "without a query"),
        ("https://loyalty.shop.example/makewhole/", "slash at its end"),
    ],
)
async def test_an_address_that_is_never_called_is_refused(shop: Shop, url: str, wrong: str) -> None:
    with pytest.raises(Refused, match=wrong):
        await shop.owner.put("/v1/entitlement-systems/loyalty", {"url": url, "secrets": [new_secret()]})
