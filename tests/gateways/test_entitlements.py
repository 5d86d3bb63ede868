"""The contract of a merchant's own system: done once, undone once, whatever is lost, late, refused or forged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateways.addresses import Addresses
from gateways.entitlements.contract import State
from gateways.entitlements.gateway import EntitlementSystem, SystemAt
from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from gateways.posting import Poster
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party, is_no_word, new_secret, points
from tests.gateways.line import Fault


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


async def test_twenty_who_ask_at_once_have_it_done_once(party: EntitlementsParty) -> None:
    wanted = points(50, 20)

    answers = await asyncio.gather(*(party.until_done(wanted) for _ in range(20)))

    assert await party.balance(wanted.customer_id) == 30
    assert len({(each.state, each.reference) for each in answers}) == 1 and answers[0].reference


async def test_of_twenty_at_once_some_of_whose_answers_are_lost_one_is_done(party: EntitlementsParty) -> None:
    wanted = points(50, 20)
    party.line.meets(Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.ANSWER_LOST)

    await asyncio.gather(*(party.until_done(wanted) for _ in range(20)))

    assert party.line.struck
    assert await party.balance(wanted.customer_id) == 30


async def test_what_nobody_answered_is_settled_by_looking_it_up(party: EntitlementsParty) -> None:
    wanted, never_asked = points(), points()
    party.line.meets(Fault.ANSWER_LOST)

    with pytest.raises(Exception) as unknown:
        await party.system.do(wanted)

    assert is_no_word(unknown.value) and party.line.struck == 1
    assert (await party.system.look_up(wanted)).state == State.DONE
    assert (await party.system.look_up(never_asked)).state == State.UNKNOWN
    assert await party.asked() == ["do", "look_up", "look_up"]


async def test_what_is_undone_is_as_before_however_often_it_is_undone(party: EntitlementsParty) -> None:
    wanted = points(50, 20, customer_id="lilei")
    await party.system.do(points(7, 0, customer_id="lilei"))
    await party.system.do(wanted)

    await asyncio.gather(*(party.system.undo(wanted) for _ in range(5)))

    assert await party.balance("lilei") == 7
    assert (await party.system.look_up(wanted)).state == State.UNDONE


async def test_what_is_undone_before_it_arrived_is_not_done_any_more(party: EntitlementsParty) -> None:
    wanted = points()
    await party.system.undo(wanted)

    with pytest.raises(Declined) as late:
        await party.system.do(wanted)

    assert late.value.code == "undone"
    assert await party.balance(wanted.customer_id) == 0


async def test_a_no_is_told_with_the_reason_of_the_system(party: EntitlementsParty) -> None:
    await party.goes("refuses")

    with pytest.raises(Declined) as declined:
        await party.system.do(points())

    assert (declined.value.code, str(declined.value)) == ("account_closed", "account_closed: closed in May")


async def test_who_is_busy_is_left_alone_for_as_long_as_they_say(party: EntitlementsParty) -> None:
    wanted = points()
    await party.goes("busy")

    with pytest.raises(TryLater) as busy:
        await party.system.do(wanted)

    assert busy.value.retry_after == timedelta(seconds=1)
    assert (await party.until_done(wanted)).state == State.DONE


@pytest.mark.parametrize("course", ["breaks_down", "breaks_down_afterwards"])
async def test_who_breaks_down_is_asked_until_it_is_known(party: EntitlementsParty, course: str) -> None:
    wanted = points(50, 20)
    await party.goes(course)

    with pytest.raises(OutOfOrder):
        await party.system.do(wanted)
    await party.until_done(wanted)

    assert await party.balance(wanted.customer_id) == 30


@pytest.mark.parametrize(
    "course",
    ["says_done", "says_done_signed_by_another", "says_done_of_another", "says_undone", "refuses_unsigned"],
)
async def test_what_is_no_answer_of_theirs_says_nothing(party: EntitlementsParty, course: str) -> None:
    await party.goes(course)

    with pytest.raises(NoAnswer):
        await party.system.do(points())


async def test_an_answer_that_is_played_again_is_none(party: EntitlementsParty) -> None:
    wanted = points()
    await party.goes("answers_as_before")
    await party.system.do(wanted)

    with pytest.raises(NoAnswer):
        await party.system.do(wanted)


async def test_who_does_not_know_the_secret_is_told_nothing(party: EntitlementsParty) -> None:
    wanted = points()
    await party.knows(new_secret())

    with pytest.raises(NoAnswer):
        await party.system.do(wanted)

    await party.knows(*party.secrets)
    assert (await party.system.look_up(wanted)).state == State.UNKNOWN


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
