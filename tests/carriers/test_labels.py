"""What every carrier shows of labels: one for a parcel however often it is asked for, worthless for ever once void."""

import asyncio
import io
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy.ext.asyncio import AsyncEngine

from db.return_labels import StoredLabel
from domain import clock
from gateways.ports import LABEL_VOID, Declined, Label, LabelFormat, LabelOrder, ParcelState
from service.carrier_accounts import Carriers
from tests.carriers.parties import proves
from tests.carriers.party import AtCarrier, Case, Party

REFUND, RMA = "rf_1", "RMA-4F3A62D81712"


async def asked(party: Party, *, parcel: int = 1, within: timedelta | None = None) -> Label:
    return await party.carriers.issue_label(party.merchant_id, REFUND, RMA, within, parcel)


async def until_made(party: Party) -> Label:
    """Ask as Temporal does: until somebody says yes or no."""
    for _ in range(10):
        try:
            return await asked(party)
        except Declined:
            raise
        except Exception:  # noqa: S112 - whatever it is, it is no answer
            continue
    raise AssertionError("no answer after ten tries")


async def is_void(party: Party, *, parcel: int = 1) -> bool:
    with pytest.raises(Declined) as declined:
        await asked(party, parcel=parcel)
    return declined.value.code == LABEL_VOID


async def prints_of(engine: AsyncEngine, label: Label) -> dict[LabelFormat, bytes]:
    token = label.label_url.rpartition("/")[2]
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql("select pdf, zpl from return_labels where token = %s", (token,))
        row = found.one()
    return {LabelFormat(name): content for name, content in row._mapping.items() if content}


def voided_meanwhile(kind: type[Carriers]) -> type[Carriers]:
    """Between the carrier's answer and our own book the return is called off."""

    class VoidedMeanwhile(kind):  # type: ignore[misc, valid-type]
        async def _kept(self, order: LabelOrder, carrier_id: str, made: Label) -> StoredLabel:
            await self.void_label(order.merchant_id, order.rma)
            stored: StoredLabel = await super()._kept(order, carrier_id, made)
            return stored

    return VoidedMeanwhile


@proves(Case.SAME)
async def test_a_label_is_the_same_however_often_it_is_asked_for(party: Party) -> None:
    many = await asyncio.gather(*(asked(party) for _ in range(5)))
    made = len(await party.booked())
    again = await asked(party)

    assert len(await party.booked()) == made
    assert {label.tracking_number for label in many} == {again.tracking_number}
    assert {label.label_url for label in many} == {again.label_url}
    assert [each.number for each in await party.booked() if each.is_good] == [again.tracking_number]


@proves(Case.ANSWER_LOST)
async def test_where_an_answer_is_lost_one_label_stands(party: Party) -> None:
    await party.lose_an_answer()

    label = await until_made(party)

    assert (await asked(party)).label_url == label.label_url
    assert AtCarrier(label.tracking_number, is_good=True) in await party.booked()


@proves(Case.VOID_FOR_EVER)
async def test_what_is_void_is_void_for_ever_and_at_the_carrier_too(party: Party) -> None:
    label = await asked(party)

    for _ in range(2):
        await party.carriers.void_label(party.merchant_id, RMA)

    assert await is_void(party) and await is_void(party)
    assert await party.booked() == [AtCarrier(label.tracking_number, is_good=False)]


@proves(Case.VOID_FIRST)
async def test_what_was_voided_before_it_was_issued_is_never_issued(party: Party) -> None:
    await party.carriers.void_label(party.merchant_id, RMA)

    assert await is_void(party) and await is_void(party, parcel=2)
    assert not [each for each in await party.booked() if each.is_good]


@proves(Case.VOID_MEANWHILE)
async def test_a_label_that_is_voided_while_it_is_made_is_called_off(party: Party) -> None:
    asked_of = party.carriers
    party.carriers = voided_meanwhile(type(asked_of))(asked_of._engine, asked_of._vault, asked_of._open_to_all)

    assert await is_void(party)
    assert not [each for each in await party.booked() if each.is_good]


@proves(Case.PARCELS)
async def test_each_parcel_has_its_own_label_and_all_are_voided_together(party: Party) -> None:
    labels = [await asked(party, parcel=parcel) for parcel in (1, 2, 2)]

    await party.carriers.void_label(party.merchant_id, RMA)

    assert len({label.tracking_number for label in labels}) == len({label.label_url for label in labels}) == 2
    assert await is_void(party, parcel=1) and await is_void(party, parcel=2) and await is_void(party, parcel=3)
    assert [each.is_good for each in await party.booked()] == [False, False]


@proves(Case.PRINTS)
async def test_what_is_printed_can_be_read_by_a_scanner(party: Party, engine: AsyncEngine) -> None:
    label = await asked(party)

    prints = await prints_of(engine, label)
    page = pypdfium2.PdfDocument(io.BytesIO(prints[LabelFormat.PDF]))[0].render(scale=300 / 72).to_pil()

    assert f"(00){label.tracking_number}" in [code.text for code in zxingcpp.read_barcodes(page)]
    zpl = prints[LabelFormat.ZPL].decode()
    assert zpl.strip().startswith("^XA") and zpl.strip().endswith("^XZ")
    assert label.tracking_number in zpl and RMA in zpl


@proves(Case.PICKUP)
async def test_a_label_without_a_pickup_is_a_label_all_the_same(party: Party) -> None:
    label = await asked(party, within=timedelta(hours=24))

    assert label.tracking_number and label.address and label.guide
    assert (label.pickup_by is not None) == party.collects
    assert await party.pickups() == int(party.collects)

    await party.carriers.void_label(party.merchant_id, RMA)

    assert await party.pickups() == 0


@proves(Case.REFUSED)
async def test_a_no_is_told_with_the_reason_of_the_carrier(party: Party) -> None:
    reason = await party.refuse()

    with pytest.raises(Declined, match=reason) as declined:
        await asked(party)

    assert declined.value.code not in ("", LABEL_VOID)
    assert await party.booked() == []


@proves(Case.BROKEN)
async def test_a_breakdown_is_no_answer(party: Party) -> None:
    times = await party.break_down()

    for _ in range(times):
        with pytest.raises(Exception) as trouble:
            await asked(party)
        assert not isinstance(trouble.value, Declined)
    assert (await asked(party)).tracking_number


@proves(Case.TOO_LATE)
async def test_what_the_carrier_has_already_is_void_here(party: Party) -> None:
    label = await asked(party)
    await party.move(label, ParcelState.IN_TRANSIT, clock.now())

    await party.carriers.void_label(party.merchant_id, RMA)

    assert await is_void(party)
