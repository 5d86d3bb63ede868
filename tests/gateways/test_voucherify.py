"""Coupons that live in Voucherify: what its suite of all systems does not show."""

from collections.abc import AsyncIterator

import pytest

from domain.entitlements.elsewhere import CouponMove, Instruction, PointsMoved
from gateways.addresses import Addresses
from gateways.entitlements.contract import State
from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster
from gateways.voucherify.gateway import VoucherifySystem
from tests.gateways.voucherify_party import VoucherifyParty, coupons, voucherify_party

BACK = CouponMove.REINSTATED


@pytest.fixture
async def party() -> AsyncIterator[VoucherifyParty]:
    async with voucherify_party() as party:
        yield party


async def test_a_coupon_that_another_order_uses_as_well_stays_used_by_that(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "SHOP10")
    await party.redeemed("o2", "SHOP10")

    await party.system.do(coupons("o1", ("SHOP10", BACK)))

    assert await party.standing() == ["SHOP10"]
    with pytest.raises(Declined, match="no redemption of SHOP10 names order o3"):
        await party.system.do(coupons("o3", ("SHOP10", BACK)))
    assert (await party.system.look_up(coupons("o2", ("SHOP10", BACK)))).state == State.UNKNOWN


async def test_coupons_that_were_redeemed_together_come_back_together(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A", "B")
    wanted = coupons("o1", ("A", BACK), ("B", BACK))

    await party.system.do(wanted)
    back = await party.standing()
    await party.system.undo(wanted)

    assert (back, sorted(await party.standing())) == ([], ["A", "B"])
    assert await party.asked() == ["rollbacks", "redemptions", "redemptions"]


async def test_one_of_two_that_were_redeemed_together_is_refused(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A", "B")

    with pytest.raises(Declined) as declined:
        await party.system.do(coupons("o1", ("A", BACK)))

    assert (declined.value.code, str(declined.value)) == (
        "redeemed_together",
        "it would take B along, which stays used",
    )
    assert await party.standing() == ["A", "B"]


async def test_what_somebody_else_has_rolled_back_is_done(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")
    await party.system.do(coupons("o1", ("A", BACK)))
    another = coupons("o1", ("A", BACK))

    assert (await party.system.look_up(another)).state == State.DONE
    assert (await party.system.do(another)).state == State.DONE
    assert await party.asked() == ["rollback"]


async def test_a_later_round_rolls_back_what_was_redeemed_again(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")
    first, second = coupons("o1", ("A", BACK)), coupons("o1", ("A", BACK))

    await party.system.do(first)
    await party.system.undo(first)
    is_undone = (await party.system.look_up(first)).state, (await party.system.look_up(second)).state
    await party.system.do(second)

    assert is_undone == (State.UNDONE, State.UNKNOWN)
    assert await party.standing() == []


async def test_what_was_never_done_has_nothing_to_undo(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")

    await party.system.undo(coupons("o1", ("A", BACK)))

    assert (await party.standing(), await party.asked()) == (["A"], [])


async def test_a_coupon_that_the_order_granted_is_disabled_and_enabled_again(party: VoucherifyParty) -> None:
    await party.post("granted", code="THANKS")
    wanted = coupons("o1", ("THANKS", CouponMove.REVOKED))

    unknown = (await party.system.look_up(wanted)).state
    await party.system.do(wanted)
    was_active, state = await party.active("THANKS"), (await party.system.look_up(wanted)).state
    await party.system.undo(wanted)

    assert (unknown, was_active, state) == (State.UNKNOWN, False, State.DONE)
    assert await party.active("THANKS")


async def test_a_part_of_a_coupon_is_refused_before_anything_is_done(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")

    with pytest.raises(Declined, match="makes no part of one"):
        await party.system.do(coupons("o1", ("A", BACK), ("A", CouponMove.RESIDUAL)))

    assert await party.standing() == ["A"]


async def test_what_does_not_live_there_is_refused(party: VoucherifyParty) -> None:
    told = Instruction("rf_1-restore_points-1", "m1", "rf_1", "o1", "c1", PointsMoved(50, 20))

    with pytest.raises(Declined, match="no points live in Voucherify"):
        await party.system.do(told)


async def test_200_alone_is_no_yes(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")
    await party.goes("says_failure")

    with pytest.raises(Declined, match="answered FAILURE"):
        await party.system.do(coupons("o1", ("A", BACK)))


async def test_an_answer_that_they_do_not_give_says_nothing(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "A")
    await party.goes("says_something_else")

    with pytest.raises(NoAnswer):
        await party.system.do(coupons("o1", ("A", BACK)))


async def test_many_redemptions_of_one_coupon_are_read_page_by_page(party: VoucherifyParty) -> None:
    await party.redeemed("o1", "SHOP10")
    for number in range(2, 60):
        await party.redeemed(f"o{number}", "SHOP10")

    await party.system.do(coupons("o1", ("SHOP10", BACK)))

    assert len(await party.standing()) == 58


async def test_a_project_at_a_private_address_is_not_asked(party: VoucherifyParty) -> None:
    async with Poster(Addresses([])) as poster:
        with pytest.raises(NoAnswer, match="NotAllowed"):
            await VoucherifySystem(poster, party.at).do(await party.wanted())
