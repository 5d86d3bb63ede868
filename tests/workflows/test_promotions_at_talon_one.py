"""Promotions that live in Talon.One: it is told once which units are back, whatever is lost, and all refunds add up."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.elsewhere import Elsewhere
from activities.promotions import Promotions
from gateways.entitlements.registry import System
from gateways.ports import NoAnswer
from service.entitlement_systems import EntitlementSystems
from service.steps import RefundRef
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party
from tests.gateways.line import Fault
from tests.gateways.talon_one_party import TalonOneParty, item, talon_one_party
from tests.shop import ANYTHING, Shop, a_line
from tests.upkeep.scenes import at
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tests.workflows.test_refund_story import events
from tools.client import Json, Refused

ONE = [{"line_id": "l1", "quantity": 1}]


@pytest.fixture
async def party() -> AsyncIterator[TalonOneParty]:
    async with talon_one_party() as party:
        yield party


async def lives_there(shop: Shop, party: TalonOneParty) -> None:
    """The merchant names the Application, and has sold three kettles in a session of it."""
    await named(shop, party)
    await shop.order(lines=[a_line("l1", quantity=3)])
    await party.sold("o1", item(0, "sku-l1", 3))


async def refused_once(shop: Shop, party: TalonOneParty) -> Json:
    """A refund of one kettle that waits for people, as it was refused there; the next request is not."""
    await lives_there(shop, party)
    await party.goes("refuses")
    refund = await shop.refund(lines=ONE)
    await shop.until(refund, "needs_attention")
    await party.goes("")
    return refund


def late(shop: Shop, party: TalonOneParty) -> Promotions:
    """The step as an attempt of it runs that comes beside the worker's."""
    return Promotions(shop.engine, Elsewhere(shop.engine, Opened(party)))


async def named(shop: Shop, party: TalonOneParty) -> None:
    told = {"adapter": "talon_one", "url": party.at.url, "credentials": {"api_key": party.at.api_key}}
    await shop.owner.put("/v1/entitlement-systems/promos", told)
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere={"promotions": "promos"})


class Opened(EntitlementSystems):
    """The one system, whoever asks for which."""

    def __init__(self, party: TalonOneParty) -> None:
        self._party = party

    async def opened(self, *_: str) -> System:
        return self._party.system


def booked(refund: Json) -> list[str]:
    return [each["message"] for each in refund["timeline"] if each["event"] == "done_elsewhere"]


async def test_units_are_returned_there_once_it_is_paid_and_what_that_rolled_back_is_shown(
    shop: Shop, party: TalonOneParty
) -> None:
    await lives_there(shop, party)
    await party.goes("breaks_down")

    first = await shop.approved_refund(lines=ONE)
    second = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 2}])

    assert await party.returned("o1") == [3]
    assert (await party.asked())[-2:] == [[(0, 1)], [(0, 2)]]
    assert events(first).index("paid") < events(first).index("done_elsewhere")
    (said,) = booked(second)
    rolled_back = "rollbackDiscount: 10 (5forALL), rollbackAddedLoyaltyPoints: 20"
    assert said == f"promos has booked its promotions: {rolled_back}"


async def test_only_what_inspection_accepted_is_back(shop: Shop, party: TalonOneParty) -> None:
    await lives_there(shop, party)

    await shop.returned(inspected=[{"line_id": "l1", "accepted": 2, "rejected": 1}])

    assert await party.asked() == [[(0, 2)]]


async def test_money_alone_takes_no_unit_back(shop: Shop, party: TalonOneParty) -> None:
    await lives_there(shop, party)

    done = await shop.approved_refund(lines=[{"line_id": "l1", "amount": 5_00}])

    assert (await party.asked(), booked(done)) == ([], [])


async def test_a_return_that_was_made_and_not_answered_is_found_and_not_made_again(
    shop: Shop, party: TalonOneParty
) -> None:
    await lives_there(shop, party)
    await party.goes("breaks_down_afterwards")

    done = await shop.approved_refund(lines=ONE)

    assert (await party.asked(), await party.returned("o1")) == ([[(0, 1)]], [1])
    assert booked(done) == ["promos has booked its promotions"]


async def test_a_payout_that_fails_later_is_paid_again_and_returned_once(shop: Shop, party: TalonOneParty) -> None:
    await lives_there(shop, party)
    refund = await shop.approved_refund(lines=ONE)
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert (await party.asked(), await party.returned("o1")) == ([[(0, 1)]], [1])


async def test_a_refusal_is_seen_and_what_was_skipped_is_told_with_the_next_refund(
    shop: Shop, party: TalonOneParty
) -> None:
    await lives_there(shop, party)
    await party.goes("refuses")
    refund = await shop.refund(lines=ONE)
    waiting = await shop.until(refund, "needs_attention")
    await shop.ops.post(at(refund, "resolution"), {"step": "return_units", "action": "skip", "note": "a test order"})
    await shop.until(refund, "completed")
    await party.goes("")

    await shop.approved_refund(lines=ONE)

    reason = "promos refuses: Request refused: Return refused: the Application takes no returns"
    assert waiting["needs_attention"]["step"] == "return_units"
    assert waiting["needs_attention"]["reason"].endswith(reason)
    assert (await party.asked())[-1] == [(0, 2)]


async def test_attempts_at_the_same_moment_return_it_once(shop: Shop, party: TalonOneParty) -> None:
    refund = await refused_once(shop, party)

    ref, promotions = RefundRef(refund["refund_id"], shop.merchant_id), late(shop, party)
    ended = await asyncio.gather(*(promotions.return_units(ref) for _ in range(5)), return_exceptions=True)

    assert await party.returned("o1") == [1]
    assert {each.type for each in ended if isinstance(each, ApplicationError)} <= {"TryLater"}
    assert None in ended


async def test_a_refund_of_the_order_waits_until_the_one_before_is_known(shop: Shop, party: TalonOneParty) -> None:
    first = await refused_once(shop, party)
    asked = await party.asked()

    second = await shop.until(await shop.refund(lines=ONE), "restoring")
    with pytest.raises(ApplicationError) as told:
        await late(shop, party).return_units(RefundRef(second["refund_id"], shop.merchant_id))
    before = await party.asked()
    await shop.ops.post(at(first, "resolution"), {"step": "return_units", "action": "retry"})
    await shop.until(first, "completed")
    await shop.until(second, "completed")

    assert (told.value.type, before) == ("TryLater", asked)
    assert (await party.asked())[-2:] == [[(0, 1)], [(0, 1)]]
    assert await party.returned("o1") == [2]


async def test_what_may_still_be_on_its_way_is_not_sent_again(shop: Shop, party: TalonOneParty) -> None:
    refund = await refused_once(shop, party)
    ref, promotions = RefundRef(refund["refund_id"], shop.merchant_id), late(shop, party)
    party.line.meets(Fault.REQUEST_LOST)

    with pytest.raises(NoAnswer):
        await promotions.return_units(ref)
    with pytest.raises(ApplicationError, match="promos did not answer may still arrive") as told:
        await promotions.return_units(ref)
    refused = len(await party.asked())
    await party.returned_by_hand("o1", 0, 1)  # as if it had arrived
    await promotions.return_units(ref)

    assert told.value.type == "TryLater" and told.value.next_retry_delay is not None
    assert (len(await party.asked()), await party.returned("o1")) == (refused, [1])


async def test_promotions_alone_live_in_talon_one(shop: Shop, party: TalonOneParty) -> None:
    await named(shop, party)

    with pytest.raises(Refused, match="no points live in 'promos': it is talon_one"):
        await shop.policy(entitlements_elsewhere={"points": "promos"})


async def test_a_system_of_the_merchants_own_is_told_how_many_are_back_in_all(shop: Shop) -> None:
    async with entitlements_party() as party:
        await names_its_own(shop, party)
        await shop.order(lines=[a_line("l1", quantity=3)])
        for _ in range(2):
            await shop.approved_refund(lines=ONE)
        log = await party.log()

        assert await party.balance("", "back", "o1/l1") == 2_000

    told = [each["effect"] for each in log]
    line = {"line_id": "l1", "sku": "sku-l1", "quantity": "1", "ordered": "3", "unit": None}
    assert told == [{"kind": "promotions", "lines": [line | {"in_all": each}]} for each in ("1", "2")]


async def names_its_own(shop: Shop, party: EntitlementsParty) -> None:
    await shop.owner.put("/v1/entitlement-systems/promos", {"url": party.url, "secrets": party.secrets})
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere={"promotions": "promos"})
