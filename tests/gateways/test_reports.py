"""The contract of every payment gateway: what its report lists, and whatever ids orders and payouts have."""

from datetime import timedelta

from domain import clock
from gateways.ports import GatewayStatus
from tests.gateways.asking import cny, intent, until_answered
from tests.gateways.parties import proves, proves_by_name
from tests.gateways.party import Case, Course, Party

AN_HOUR = timedelta(hours=1)


@proves(Case.REPORTED)
async def test_the_report_lists_what_was_booked_and_what_has_changed(party: Party) -> None:
    began = clock.now() - AN_HOUR
    paid, failing = await party.charge(cny(100_00)), await party.charge(cny(50_00), Course.FAILS_LATER)
    yes, no = intent(party, paid, cny(40_00)), intent(party, failing, cny(50_00))
    for each in (yes, no):
        await until_answered(party, each)
    await party.turn(failing)
    await party.gateway.look_up(no)

    async with party.until_it_reports():
        report = await party.gateway.report(party.merchant_id, began)
        later = await party.gateway.report(party.merchant_id, clock.now() + AN_HOUR)

    assert {(each.key, each.amount, each.status, each.charge_ref) for each in report} == {
        (yes.key, yes.amount, GatewayStatus.SUCCEEDED, paid),
        (no.key, no.amount, GatewayStatus.FAILED, failing),
    }
    assert [each.at for each in report] == sorted(each.at for each in report)
    assert list(later) == []


@proves_by_name(Case.ANY_CHARACTER)
async def test_whatever_a_charge_and_a_key_are_called_the_money_goes_there(party: Party, characters: str) -> None:
    charge = await party.charge(cny(100_00), reference=characters)
    wanted = intent(party, charge, cny(40_00), key=f"rf_1:payout:{characters}")

    answer = await until_answered(party, wanted)

    assert await party.gateway.look_up(wanted) == answer
    listed = await party.gateway.refunds_of(party.merchant_id, characters)
    assert [(each.key, each.charge_ref) for each in listed] == [(wanted.key, characters)]
