"""What is Alipay's alone: `fund_change`, the query, the account's log, forms, and what nobody has signed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from domain import clock
from domain.money.amounts import Money
from gateways.alipay.account import faults
from gateways.alipay.gateway import AlipayGateway
from gateways.ports import Declined, GatewayStatus, NoAnswer, ProviderEvent
from gateways.signatures import BadSignature
from tests.gateways.alipay_party import AlipayParty, alipay_party, form, secrets_of_application
from tests.gateways.asking import cny, intent, until_answered
from tests.gateways.parties import ANY_CHARACTERS
from tests.gateways.party import Course
from tests.gateways.wechat_pay_party import public_pem, rsa_key


@pytest.fixture
async def alipay() -> AsyncIterator[AlipayParty]:
    async with alipay_party("") as party:
        yield party


async def test_what_they_have_taken_and_not_done_is_pending_until_the_query_says_so(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00), Course.SUCCEEDS_LATER)
    wanted = intent(alipay, charge, cny(40_00))

    taken, again = [await alipay.gateway.refund(wanted) for _ in range(2)]
    meanwhile = await alipay.gateway.look_up(wanted)
    await alipay.turn(charge)

    assert (taken.status, taken.pending_reason, again) == (GatewayStatus.PENDING, "fund_change: N", taken)
    assert meanwhile is None and await alipay.gateway.refunds_of("m", charge) != ()
    assert (await alipay.gateway.refund(wanted)).status is GatewayStatus.SUCCEEDED
    assert len(await alipay.booked(charge)) == 1


async def test_the_same_number_for_another_amount_is_no_answer(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    wanted = intent(alipay, charge, cny(40_00))
    await alipay.gateway.refund(wanted)

    with pytest.raises(NoAnswer, match="DISCORDANT_REPEAT_REQUEST"):
        await alipay.gateway.refund(replace(wanted, amount=cny(30_00)))


async def test_a_system_error_says_nothing_of_the_money(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00), Course.BREAKS_DOWN)
    wanted = intent(alipay, charge, cny(40_00))

    for reason in ("ACQ.SYSTEM_ERROR", "20000"):
        with pytest.raises(NoAnswer, match=reason):
            await alipay.gateway.refund(wanted)

    known = await alipay.gateway.look_up(wanted)
    assert known is not None and known.status is GatewayStatus.SUCCEEDED


async def test_another_currency_than_theirs_is_refused_and_not_asked_for(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))

    with pytest.raises(Declined) as declined:
        await alipay.gateway.refund(intent(alipay, charge, Money("USD", 40_00)))

    assert declined.value.code == "currency_differs" and await alipay.booked(charge) == []


@pytest.mark.parametrize("name", ["支付/1?x=y", "x" * 65, "a b", '{"trade_no":"1"}'])
async def test_what_no_trade_of_theirs_is_called_is_refused(alipay: AlipayParty, name: str) -> None:
    wanted = intent(alipay, name, cny(40_00))

    with pytest.raises(Declined) as declined:
        await alipay.gateway.refund(wanted)

    assert declined.value.code == "ACQ.TRADE_NOT_EXIST"
    assert (await alipay.gateway.look_up(wanted), list(await alipay.gateway.refunds_of("m", name))) == (None, [])


async def test_an_order_number_that_looks_like_theirs_is_found_all_the_same(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00), reference="2026112922001999999999999999")
    wanted = intent(alipay, charge, cny(40_00))

    answer = await until_answered(alipay, wanted)

    assert await alipay.gateway.look_up(wanted) == answer
    assert [each.key for each in await alipay.gateway.refunds_of("m", charge)] == [wanted.key]


async def test_a_key_of_any_length_is_paid_once_and_found_again(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    wanted = [intent(alipay, charge, cny(1_00), key=f"rf_1:payout:{each}") for each in ANY_CHARACTERS]

    first = [await alipay.gateway.refund(each) for each in wanted]
    again = [await alipay.gateway.refund(each) for each in wanted]

    assert again == first == [await alipay.gateway.look_up(each) for each in wanted]
    assert len(await alipay.booked(charge)) == len(ANY_CHARACTERS)


async def test_the_report_is_the_account_s_log_in_spans_that_they_allow(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    wanted = [intent(alipay, charge, cny(amount)) for amount in (10_01, 20_02)]
    for each in wanted:
        await alipay.gateway.refund(each)

    now = clock.now()
    with clock.set_to(lambda: now + timedelta(minutes=2)):
        found = await alipay.gateway.report("m", now - timedelta(days=90))
        none = await alipay.gateway.report("m", now + timedelta(minutes=1))

    assert [(each.key, each.amount, each.charge_ref) for each in found] == [
        (each.key, each.amount, charge) for each in wanted
    ]
    assert list(none) == []


@pytest.mark.parametrize("spoils", ["REFUND_SUCCESS", '"fund_change":"Y"', "ACQ.TRADE_HAS_FINISHED"])
async def test_what_was_changed_on_its_way_is_no_answer(alipay: AlipayParty, spoils: str) -> None:
    course = Course.DECLINES if spoils.startswith("ACQ") else Course.SUCCEEDS
    charge = await alipay.charge(cny(100_00), course)
    wanted = intent(alipay, charge, cny(40_00))
    if spoils == "REFUND_SUCCESS":
        await alipay.gateway.refund(wanted)
    await alipay.rule(spoils=spoils)

    with pytest.raises(NoAnswer, match="has not signed"):
        await (alipay.gateway.look_up(wanted) if spoils == "REFUND_SUCCESS" else alipay.gateway.refund(wanted))


async def test_a_key_that_they_do_not_accept_is_no_answer(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    stranger = AlipayGateway(replace(alipay.account, private_key=rsa_key("stranger")))

    with pytest.raises(NoAnswer):
        await stranger.refund(intent(alipay, charge, cny(40_00)))


async def test_what_a_stranger_signed_or_changed_is_not_even_read(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    await alipay.gateway.refund(intent(alipay, charge, cny(40_00)))
    await alipay.turn(charge)
    [true, *_] = await alipay.told(charge, [GatewayStatus.SUCCEEDED])
    fields = dict(parse_qsl(true.body.decode()))
    bare = {name: value for name, value in fields.items() if name not in ("sign", "sign_type")}

    forged = [
        form(bare, "stranger"),
        form({**bare, "app_id": "2014072300007148"}),
        true.body.replace(b"40.00", b"41.00"),
        true.body.replace(b"&sign=", b"&sing="),
        true.body + b"&out_biz_no=rf_other-0-0",
        b"",
        b"not a form",
        b"\xff\xfe=1",
    ]
    for body in forged:
        with pytest.raises(BadSignature):
            alipay.hear({}, body)
    assert alipay.hear({}, form(bare)) == alipay.hear({}, true.body)


async def test_what_is_sent_twice_has_one_id(alipay: AlipayParty) -> None:
    charge = await alipay.charge(cny(100_00))
    await alipay.gateway.refund(intent(alipay, charge, cny(40_00)))
    await alipay.turn(charge)

    told = await alipay.told(charge, [GatewayStatus.SUCCEEDED])

    assert len(told) == 2 and len({alipay.hear({}, each.body).webhook_id for each in told}) == 1


def notification(party: AlipayParty, **fields: str) -> bytes:
    return form({"notify_id": "n1", "app_id": party.account.app_id, "trade_no": "2026", "charset": "utf-8", **fields})


async def test_a_bank_that_has_the_money_is_told_as_a_yes(alipay: AlipayParty) -> None:
    said = '{"trade_no":"2026","out_request_no":"rf_1-0-0","dback_status":"F","dback_amount":"1.00"}'
    body = notification(alipay, msg_method="alipay.trade.refund.depositback.completed", biz_content=said)

    heard = alipay.hear({}, body)

    assert heard.event == ProviderEvent("rf_1-0-0", GatewayStatus.SUCCEEDED, "2026/rf_1-0-0")


async def test_a_payment_and_a_trade_that_was_closed_are_understood_as_that(alipay: AlipayParty) -> None:
    for status in ("TRADE_SUCCESS", "TRADE_CLOSED"):
        assert alipay.hear({}, notification(alipay, trade_status=status, buyer_logon_id="159****5620")).event is None


@pytest.mark.parametrize("fields", [{"notify_id": ""}, {"msg_method": "alipay.trade.refund.depositback.completed"}])
async def test_a_signed_notification_that_makes_no_sense_is_refused(
    alipay: AlipayParty, fields: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        alipay.hear({}, notification(alipay, **fields))


@pytest.mark.parametrize(
    ("account", "fields", "wrong"),
    [
        ("", {}, "/account"),
        ("2014072300007148", {"private_key": "nonsense!"}, "/secrets/private_key"),
        ("2014072300007148", {"alipay_public_key": "nonsense!"}, "/secrets/alipay_public_key"),
        ("2014072300007148", {"alipay_public_key": public_pem(rsa_key("merchant"))}, "/secrets/alipay_public_key"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_and_the_key_is_not(account: str, fields: dict[str, str], wrong: str) -> None:
    found = faults(account, {**secrets_of_application(), **fields})

    assert list(found) == [wrong] and "nonsense" not in found[wrong]
    assert faults("2014072300007148", secrets_of_application()) == {}
