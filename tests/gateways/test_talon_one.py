"""Promotions that live in Talon.One: what its suite of all systems does not show."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from domain.entitlements.elsewhere import PointsMoved
from gateways.addresses import Addresses
from gateways.entitlements.contract import State
from gateways.ports import Declined, NoAnswer, OutOfOrder
from gateways.posting import Poster
from gateways.talon_one.gateway import TalonOneSystem
from tests.gateways.talon_one_party import TalonOneParty, back, item, talon_one_party, units_back

KETTLE = back("l2", "kettle", 1, ordered=3)


@pytest.fixture
async def party() -> AsyncIterator[TalonOneParty]:
    async with talon_one_party() as party:
        await party.sold("o1", item(0, "cup", 2), item(1, "kettle", 3))
        yield party


async def test_units_of_each_line_are_returned_by_their_positions_and_what_that_rolled_back_is_told(
    party: TalonOneParty,
) -> None:
    wanted = units_back("o1", back("l2", "kettle", 2, ordered=3), back("l1", "cup", 1, ordered=2))

    done = await party.system.do(wanted)

    assert await party.asked() == [[(1, 2), (0, 1)]]
    assert await party.returned("o1") == [1, 2]
    assert (done.state, done.reference) == (State.DONE, "return 1")
    assert done.effects[:2] == ("rollbackDiscount: 10 (5forALL)", "rollbackAddedLoyaltyPoints: 20")


async def test_what_is_back_already_is_not_returned_again(party: TalonOneParty) -> None:
    await party.system.do(units_back("o1", KETTLE))
    second = units_back("o1", back("l2", "kettle", 1, before=1, ordered=3), back("l1", "cup", 1, ordered=2))

    for _ in range(3):
        await party.system.do(second)

    assert await party.returned("o1") == [1, 2]
    assert await party.asked() == [[(1, 1)], [(1, 1), (0, 1)]]


async def test_what_somebody_has_returned_by_hand_counts_and_the_rest_is_returned(party: TalonOneParty) -> None:
    await party.returned_by_hand("o1", 1, 1)
    wanted = units_back("o1", back("l2", "kettle", 2, ordered=3))

    before = (await party.system.look_up(wanted)).state
    await party.system.do(wanted)

    assert (before, (await party.system.look_up(wanted)).state) == (State.UNKNOWN, State.DONE)
    assert await party.asked() == [[(1, 1)]]


async def test_more_than_our_refunds_account_for_is_said(party: TalonOneParty) -> None:
    await party.returned_by_hand("o1", 1, 3)

    done = await party.system.do(units_back("o1", KETTLE))

    assert done.effects == ("cart item 1: 3 returned there, 1 by our refunds",)
    assert await party.asked() == []


async def test_what_somebody_before_them_gave_up_may_still_be_under_way(party: TalonOneParty) -> None:
    await party.goes("times_out")

    with pytest.raises(NoAnswer):
        await party.system.do(units_back("o1", KETTLE))


async def test_a_session_that_somebody_changes_just_now_is_asked_again(party: TalonOneParty) -> None:
    await party.goes("conflicts")

    with pytest.raises(OutOfOrder):
        await party.system.do(units_back("o1", KETTLE))
    await party.system.do(units_back("o1", KETTLE))

    assert await party.returned("o1") == [0, 1]


async def test_a_cart_item_that_names_its_line_is_found_by_that(party: TalonOneParty) -> None:
    await party.sold("o2", item(1, "kettle", 3, "l9"), item(0, "kettle", 3, "l2"), item(2, "kettle", 3, "l3"))

    await party.system.do(units_back("o2", KETTLE))

    assert await party.returned("o2") == [1, 0, 0]


@pytest.mark.parametrize(
    ("cart_items", "code", "why"),
    [
        ([item(0, "cup", 3)], "no_cart_item", r"0 cart items are line l2 \(kettle\)"),
        ([item(0, "kettle", 3, "l7")], "no_cart_item", "0 cart items"),
        ([item(0, "kettle", 3), item(1, "kettle", 3)], "several_cart_items", "name it in their `line_id`"),
        ([item(0, "kettle", 2)], "another_quantity", "cart item 0 has 2 units, line l2 has 3"),
    ],
)
async def test_a_line_that_is_no_cart_item_for_sure_is_refused(
    party: TalonOneParty, cart_items: list[dict[str, object]], code: str, why: str
) -> None:
    await party.sold("o2", *cart_items)

    with pytest.raises(Declined, match=why) as declined:
        await party.system.do(units_back("o2", KETTLE))

    assert declined.value.code == code
    assert await party.asked() == []


async def test_more_than_is_left_is_not_asked_for(party: TalonOneParty) -> None:
    with pytest.raises(Declined, match="cart item 1 has 3 left, 4 are asked for"):
        await party.system.do(units_back("o1", back("l2", "kettle", 2, before=2, ordered=3)))

    assert await party.asked() == []


async def test_a_part_of_a_unit_is_refused(party: TalonOneParty) -> None:
    half = replace(KETTLE, quantity="0.5", in_all="0.5")

    with pytest.raises(Declined, match=r"0\.5 are no whole units"):
        await party.system.do(units_back("o1", half))


async def test_a_session_that_they_do_not_know_or_that_is_open_is_refused(party: TalonOneParty) -> None:
    await party.is_in_state("o1", "open")

    with pytest.raises(Declined, match="no customer session has integration ID o7"):
        await party.system.do(units_back("o7", KETTLE))
    with pytest.raises(Declined, match="session o1 is open"):
        await party.system.do(units_back("o1", KETTLE))


async def test_of_a_cancelled_session_everything_is_back(party: TalonOneParty) -> None:
    await party.is_in_state("o1", "cancelled")

    done = await party.system.do(units_back("o1", KETTLE))

    assert done.effects == ("the whole session is cancelled there",)
    with pytest.raises(Declined, match="takes no return back"):
        await party.system.undo(units_back("o1", KETTLE))


async def test_what_was_returned_is_not_taken_back_and_what_was_not_needs_no_undo(party: TalonOneParty) -> None:
    first, second = units_back("o1", KETTLE), units_back("o1", back("l2", "kettle", 1, before=1, ordered=3))
    await party.system.do(first)

    never_done = (await party.system.undo(second)).state
    with pytest.raises(Declined, match="takes no return back") as declined:
        await party.system.undo(first)

    assert (never_done, declined.value.code) == (State.UNDONE, "no_undo")
    assert await party.returned("o1") == [0, 1]


async def test_what_does_not_live_there_is_refused_by_name(party: TalonOneParty) -> None:
    with pytest.raises(Declined, match=r"no points live in Talon\.One"):
        await party.system.do(replace(units_back("o1", KETTLE), effect=PointsMoved(50, 20)))


@pytest.mark.parametrize("course", ["answers_another_return", "does_nothing", "says_something_else"])
async def test_200_alone_is_no_yes_of_a_return(party: TalonOneParty, course: str) -> None:
    await party.goes(course)

    with pytest.raises(NoAnswer):
        await party.system.do(units_back("o1", KETTLE))


async def test_a_refusal_of_what_is_back_meanwhile_is_a_yes(party: TalonOneParty) -> None:
    wanted = await party.wanted()
    await party.goes("refuses")
    with pytest.raises(Declined):
        await party.system.do(wanted)
    await party.returned_by_hand(wanted.order_id, 1, 1)

    assert (await party.system.do(wanted)).state == State.DONE


async def test_a_deployment_at_a_private_address_is_not_asked(party: TalonOneParty) -> None:
    async with Poster(Addresses([])) as poster:
        with pytest.raises(NoAnswer, match="NotAllowed"):
            await TalonOneSystem(poster, party.at).do(units_back("o1", KETTLE))
