"""What carriers tell of parcels, asked or by webhook, as every adapter reads it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook

from db import return_labels
from domain import clock
from gateways.ports import ParcelNews, ParcelState
from gateways.signatures import BadSignature
from tests.carriers import karrio_parties
from tests.carriers.parties import proves
from tests.carriers.party import Case, Party
from tests.carriers.test_labels import RMA, asked

STRANGE = "whsec_c3RyYW5nZXJzdHJhbmdl"
IN_TRANSIT, DELIVERED, LOST = ParcelState.IN_TRANSIT, ParcelState.DELIVERED, ParcelState.LOST


def told(number: str, state: ParcelState, at: datetime) -> bytes:
    body = {"type": f"parcel.{state}", "timestamp": at.isoformat(), "data": {"tracking_number": number}}
    return json.dumps(body).encode()


def signed(body: bytes, secret: str, *, at: datetime | None = None, webhook_id: str = "msg_1") -> Mapping[str, str]:
    moment = at or clock.now()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }


async def looked_up(party: Party, engine: AsyncEngine) -> list[ParcelNews]:
    """Ask as the worker does: whoever made the label."""
    async with engine.connect() as connection:
        label = await return_labels.find(connection, party.merchant_id, RMA, 1)
    assert label is not None
    return list(await party.carriers.track(label))


@proves(Case.UNKNOWN)
async def test_of_a_parcel_that_nobody_handed_over_nothing_is_told(party: Party, engine: AsyncEngine) -> None:
    await asked(party)

    assert await looked_up(party, engine) == []
    async with engine.begin() as connection:
        moved = "update return_labels set tracking_number = 'NOBODYS' where merchant_id = %s"
        await connection.exec_driver_sql(moved, (party.merchant_id,))
    assert await looked_up(party, engine) == []


@proves(Case.POLLED)
async def test_who_is_asked_tells_how_far_a_parcel_has_come(party: Party, engine: AsyncEngine) -> None:
    label = await asked(party)
    now = clock.now().replace(second=0, microsecond=0)

    seen = []
    for hours, state in enumerate((IN_TRANSIT, LOST, IN_TRANSIT, DELIVERED)):
        await party.move(label, state, now + timedelta(hours=hours))
        seen += await looked_up(party, engine)

    assert [each.state for each in seen] == [IN_TRANSIT, LOST, IN_TRANSIT, DELIVERED]
    assert {each.tracking_number for each in seen} == {label.tracking_number}
    assert [each.at for each in seen] == [now + timedelta(hours=hours) for hours in range(4)]


@proves(Case.WEBHOOK)
async def test_a_webhook_names_the_parcel_by_the_number_on_its_label(party: Party) -> None:
    at = clock.now()
    body = told("SB1", DELIVERED, at)

    heard = party.hear(signed(body, karrio_parties.SECRET), body)

    assert heard.event == ParcelNews("SB1", DELIVERED, at)
    assert heard.webhook_id == "msg_1"


@proves(Case.FORGED)
async def test_what_a_stranger_signed_or_changed_is_not_even_read(party: Party) -> None:
    body = told("SB1", DELIVERED, clock.now())
    good = signed(body, karrio_parties.SECRET)

    for headers, sent in ((signed(body, STRANGE), body), (good, told("SB2", DELIVERED, clock.now())), ({}, b"no JSON")):
        with pytest.raises(BadSignature):
            party.hear(headers, sent)
    strange = told("SB1", IN_TRANSIT, clock.now()).replace(b"in_transit", b"eaten")
    with pytest.raises(ValidationError):
        party.hear(signed(strange, karrio_parties.SECRET), strange)


@proves(Case.REPLAYED)
async def test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused(party: Party) -> None:
    body = told("SB1", DELIVERED, clock.now())
    headers = signed(body, karrio_parties.SECRET)

    assert party.hear(headers, body).webhook_id == party.hear(headers, body).webhook_id
    with pytest.raises(BadSignature):
        party.hear(signed(body, karrio_parties.SECRET, at=clock.now() - timedelta(minutes=6)), body)


@proves(Case.OUT_OF_ORDER)
async def test_an_older_state_that_is_told_last_changes_nothing(party: Party, engine: AsyncEngine) -> None:
    label = await asked(party)
    now = clock.now()
    news = [
        party.hear(signed(body, karrio_parties.SECRET), body).event
        for body in (
            told(label.tracking_number, DELIVERED, now),
            told(label.tracking_number, IN_TRANSIT, now - timedelta(days=1)),
        )
    ]

    async with engine.begin() as connection:
        stored = await return_labels.find(connection, party.merchant_id, RMA, 1)
        assert stored is not None
        changed = [
            await return_labels.note_news(connection, stored, each.state, each.at, tell_by=timedelta(minutes=1))
            for each in news
            if isinstance(each, ParcelNews)
        ]
        known = await return_labels.find(connection, party.merchant_id, RMA, 1)

    assert changed == [True, False]
    assert known is not None and (known.tracked, known.tracked_at) == (DELIVERED, now)
