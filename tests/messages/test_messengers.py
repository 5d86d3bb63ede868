"""One suite for all who carry messages, by their port: what each of them has to show (`docs/messengers.md`)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import cast

import pytest

from gateways.messengers.letters import Fate, GivesReceipts, Letter, Messenger, NobodyKnows
from gateways.ports import Declined, TryLater
from tests.messages.messenger_parties import PARTIES, SmsParty, aliyun_party, proves, twilio_party
from tests.messages.messenger_party import Arrived, Case, Party, Trouble, a_letter
from tests.messages.sms_peers import AliyunPeer, Becomes


@pytest.fixture
async def party(request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    async with PARTIES[request.param].open() as party:
        yield party


class Noted:
    """What is told right before a letter may be taken; `arrived` is what had arrived by then."""

    def __init__(self, party: Party) -> None:
        self._party = party
        self.arrived: list[list[Arrived]] = []

    async def __call__(self) -> None:
        self.arrived.append(await self._party.arrived())


async def sent(party: Party, letter: Letter, by: Messenger | None = None) -> str:
    return await (by or party.messenger).send(letter, Noted(party))


def known_as(*others: str) -> Callable[[str], Awaitable[bool]]:
    """Tell of each name of theirs whether no other letter of ours is known to be it."""

    async def is_this(reference: str) -> bool:
        return reference not in others

    return is_this


@proves(Case.ARRIVES)
async def test_a_letter_arrives_as_it_was_written_once_it_is_noted_that_it_may(party: Party) -> None:
    letter, noted = a_letter(party.to), Noted(party)

    reference = await party.messenger.send(letter, noted)

    assert await party.arrived() == [Arrived(party.to, letter.text)]
    assert noted.arrived == [[]], "noted once, before they had it"
    assert reference


@proves(Case.NOT_NOW)
async def test_who_does_not_take_it_for_now_is_asked_again_after_as_long_as_they_say(party: Party) -> None:
    party.does(Trouble.NOT_NOW)

    with pytest.raises(TryLater) as later:
        await sent(party, a_letter(party.to))

    wanted = {"+447700900123": 7, "+8613800000000": 60}.get(party.to, 0)  # a mail server says no time
    assert later.value.retry_after == timedelta(seconds=wanted)
    assert await party.arrived() == []


@proves(Case.REFUSED)
async def test_a_no_for_good_is_told_with_its_reason(party: Party) -> None:
    party.does(Trouble.REFUSES)

    with pytest.raises(Declined) as no:
        await sent(party, a_letter(party.to))

    assert no.value.code in {"550", "21211", "isv.MOBILE_NUMBER_ILLEGAL"} and str(no.value)
    assert await party.arrived() == []


@proves(Case.BROKEN)
async def test_who_breaks_down_has_said_nothing_of_the_letter(party: Party) -> None:
    party.does(Trouble.BREAKS_DOWN)

    with pytest.raises(Exception) as broken:
        await sent(party, a_letter(party.to))

    assert not isinstance(broken.value, Declined | TryLater | NobodyKnows)
    assert await party.arrived() == []


@proves(Case.OUR_FAULT)
async def test_a_key_that_they_do_not_take_says_nothing_of_the_letter(party: Party) -> None:
    with pytest.raises(TryLater):
        await sent(party, a_letter(party.to), party.wrongly)

    assert await party.arrived() == []


@pytest.mark.parametrize(
    "code",
    [
        *("isp.RAM_PERMISSION_DENY", "isv.PRODUCT_UN_SUBSCRIPT", "isv.ACCOUNT_ABNORMAL", "isv.AMOUNT_NOT_ENOUGH"),
        *("InvalidTimeStamp.Expired", "SignatureNonceUsed", "Forbidden.RAM", "InvalidAccessKeyId.Inactive"),
    ],
)
async def test_what_aliyun_has_against_an_account_or_a_request_says_nothing_of_the_letter(code: str) -> None:
    async with aliyun_party() as party:
        peer = cast(SmsParty, party).peer
        cast(AliyunPeer, peer).refuses_by = code
        with pytest.raises(TryLater, match=code):
            await sent(party, a_letter(party.to))


@pytest.mark.parametrize("code", ["20005", "21606", "21660", "21703", "21611", "63038"])
async def test_what_twilio_has_against_an_account_or_a_sender_says_nothing_of_the_letter(code: str) -> None:
    async with twilio_party() as party:
        cast(SmsParty, party).peer.refuses_by = code
        with pytest.raises(TryLater, match=code):
            await sent(party, a_letter(party.to))


@pytest.mark.parametrize("code", ["21211", "21408", "21610", "21614", "21635"])
async def test_what_twilio_has_against_a_number_is_a_no_to_the_letter(code: str) -> None:
    async with twilio_party() as party:
        cast(SmsParty, party).peer.refuses_by = code
        with pytest.raises(Declined) as no:
            await sent(party, a_letter(party.to))

    assert no.value.code == code


@proves(Case.ANSWER_LOST)
async def test_what_they_have_is_found_although_their_answer_was_lost(party: Party) -> None:
    letter = a_letter(party.to)
    party.does(Trouble.LOSES_THE_ANSWER)
    with pytest.raises(Exception) as lost:
        await sent(party, letter)

    found = await party.messenger.look_up(letter, known_as())

    assert not isinstance(lost.value, Declined)
    assert found and await party.arrived() == [Arrived(party.to, letter.text)]


@proves(Case.NOBODY_KNOWS)
async def test_who_can_not_be_asked_what_they_have_leaves_it_open_for_ever(party: Party) -> None:
    letter = a_letter(party.to)
    party.does(Trouble.LOSES_THE_ANSWER)
    with pytest.raises(Exception) as lost:
        await sent(party, letter)

    with pytest.raises(NobodyKnows):
        await party.messenger.look_up(letter, known_as())

    assert not isinstance(lost.value, Declined | TryLater)


@proves(Case.NEVER_CAME)
async def test_what_never_came_is_not_found(party: Party) -> None:
    assert await party.messenger.look_up(a_letter(party.to), known_as()) is None


@proves(Case.OTHERS)
async def test_another_letter_of_the_same_text_is_not_taken_for_it(party: Party) -> None:
    """One is known to be another message of ours; of those to other people or of other texts nobody says so."""
    ours, to_another = a_letter(party.to), a_letter(party.another, "m3:sms")
    known = await sent(party, a_letter(party.to, "m2:sms"))
    others = {await sent(party, each) for each in (to_another, a_letter(party.to, "m4:sms", "Another text"))}

    before = await party.messenger.look_up(ours, known_as(known))
    await sent(party, ours)
    others |= {await sent(party, each) for each in (to_another, a_letter(party.to, "m5:sms", "A third text"))}
    found = await party.messenger.look_up(ours, known_as(known))

    assert before is None
    assert found not in {None, known, *others}


@proves(Case.RECEIPT)
@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (Becomes.ON_ITS_WAY, Fate.ON_ITS_WAY),
        (Becomes.DELIVERED, Fate.DELIVERED),
        (Becomes.LOST, Fate.UNDELIVERED),
    ],
)
async def test_what_became_of_a_letter_is_told_to_who_asks(party: Party, fate: Becomes, told: Fate) -> None:
    letter = a_letter(party.to)
    reference = await sent(party, letter)
    await party.becomes(fate)

    receipt = await cast(GivesReceipts, party.messenger).receipt(letter, reference)

    assert receipt.fate is told
    assert bool(receipt.reason) or told is not Fate.UNDELIVERED
