"""The contract of a merchant's own system: signed both ways, and an undo that comes first stays done with."""

from collections.abc import AsyncIterator

import pytest

from gateways.addresses import Addresses
from gateways.entitlements.contract import State
from gateways.entitlements.gateway import EntitlementSystem, SystemAt
from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party, new_secret, points


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


async def test_what_is_undone_before_it_arrived_is_not_done_any_more(party: EntitlementsParty) -> None:
    wanted = points()
    await party.system.undo(wanted)

    with pytest.raises(Declined) as late:
        await party.system.do(wanted)

    assert late.value.code == "undone"
    assert await party.balance(wanted.customer_id) == 0


@pytest.mark.parametrize(
    "course",
    ["says_done", "says_done_signed_by_another", "says_done_of_another", "says_undone", "refuses_unsigned"],
)
async def test_what_is_no_answer_of_theirs_says_nothing(party: EntitlementsParty, course: str) -> None:
    await party.goes(course)

    with pytest.raises(NoAnswer):
        await party.system.do(points())


async def test_what_they_say_can_be_kept_and_shown_whatever_they_write(party: EntitlementsParty) -> None:
    await party.goes("refuses_illegibly")
    with pytest.raises(Declined) as no:
        await party.system.do(points())
    await party.goes("says_done_illegibly")
    done = await party.system.do(points())

    assert (no.value.code, str(no.value)) == ("account_closed", "account_closed: closed\ufffdin\nMay")
    assert done.effects == ("10\ufffdpoints",)


async def test_an_answer_that_is_played_again_is_none(party: EntitlementsParty) -> None:
    wanted = points()
    await party.goes("answers_as_before")
    await party.system.do(wanted)

    with pytest.raises(NoAnswer):
        await party.system.do(wanted)


async def test_while_one_secret_replaces_another_either_side_may_know_one_of_them_alone(
    party: EntitlementsParty,
) -> None:
    newer = new_secret()
    async with Poster(Addresses(["http://127.0.0.1"]), most_answer_bytes=16_000) as poster:
        both = party.adapter(poster, SystemAt(party.url, (newer, *party.secrets)))
        before = await both.do(points())
        await party.knows(newer)
        after = await both.do(points())

    assert (before.state, after.state) == (State.DONE, State.DONE)


async def test_a_system_at_a_private_address_is_not_called(party: EntitlementsParty) -> None:
    async with Poster(Addresses([])) as poster:
        system = EntitlementSystem(poster, SystemAt(party.url, tuple(party.secrets)))

        with pytest.raises(NoAnswer, match="NotAllowed"):
            await system.do(points())

    assert await party.asked() == []
