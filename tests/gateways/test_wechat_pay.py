"""What is WeChat Pay's alone: its rules, names, statuses, lists and keys, and what nobody has signed."""

import base64
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain import clock
from domain.money.amounts import Money
from gateways.ports import Declined, GatewayStatus, NoAnswer, ReportsSettlements, TryLater
from gateways.refund_names import key_of, refund_no
from gateways.settlement_reports.formats import FORMATS
from gateways.signatures import BadSignature
from gateways.wechat_pay.account import faults, platform_keys
from gateways.wechat_pay.answers import WeChatPayRefund, refuse, status_of
from gateways.wechat_pay.gateway import WeChatPayGateway
from tests.gateways.asking import cny, found, intent, until_answered
from tests.gateways.parties import ANY_CHARACTERS
from tests.gateways.party import Course
from tests.gateways.wechat_pay_party import (
    KEY_ID,
    WeChatPayParty,
    private_pem,
    public_pem,
    rsa_key,
    secrets_of_account,
    wechat_pay_party,
)

OLD_KEYS = [f"rf_1:payout:{characters}" for characters in ANY_CHARACTERS]


@pytest.fixture
async def wechat_pay() -> AsyncIterator[WeChatPayParty]:
    async with wechat_pay_party("") as party:
        yield party


@pytest.mark.parametrize(
    ("word", "status", "declined", "waits"),
    [
        ("SUCCESS", GatewayStatus.SUCCEEDED, None, None),
        ("PROCESSING", GatewayStatus.PENDING, None, "PROCESSING"),
        ("ABNORMAL", GatewayStatus.FAILED, "ABNORMAL", None),
        ("CLOSED", GatewayStatus.FAILED, "CLOSED", None),
        ("SOMETHING_NEW", GatewayStatus.PENDING, None, "SOMETHING_NEW"),
    ],
)
def test_only_success_is_a_yes_and_each_no_has_its_reason(
    word: str, status: GatewayStatus, declined: str | None, waits: str | None
) -> None:
    made = {"refund_id": "5", "out_refund_no": "k", "transaction_id": "4", "status": word, "amount": {"total": 1}}

    answer = WeChatPayRefund.model_validate(made).answer

    assert (answer.status, answer.decline_code, answer.pending_reason) == (status, declined, waits)


def test_the_list_has_other_words_for_the_same() -> None:
    assert [status_of(word) for word in ("CHANGE", "REFUNDCLOSE")] == [GatewayStatus.FAILED] * 2


async def test_an_abnormal_refund_that_the_merchant_sees_to_becomes_a_yes(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00), Course.FAILS_LATER)
    wanted = intent(wechat_pay, charge, cny(40_00))
    await wechat_pay.gateway.refund(wanted)
    statuses = []

    for becomes in ("ABNORMAL", "SUCCESS"):
        await wechat_pay.turn(charge, becomes)
        known = await wechat_pay.gateway.look_up(wanted)
        statuses.append(known and known.status)

    assert statuses == [GatewayStatus.FAILED, GatewayStatus.SUCCEEDED]


async def test_what_is_closed_is_a_no(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00), Course.FAILS_LATER)
    wanted = intent(wechat_pay, charge, cny(40_00))
    await wechat_pay.gateway.refund(wanted)

    await wechat_pay.turn(charge, "CLOSED")

    known = await wechat_pay.gateway.look_up(wanted)
    assert known is not None and (known.status, known.decline_code) == (GatewayStatus.FAILED, "CLOSED")


async def test_a_payment_rests_for_a_minute_between_two_refunds(wechat_pay: WeChatPayParty) -> None:
    await wechat_pay.rule(between_s=60)
    charge = await wechat_pay.charge(cny(100_00))
    first, second = (intent(wechat_pay, charge, cny(10_00)) for _ in range(2))
    await wechat_pay.gateway.refund(first)

    with pytest.raises(TryLater) as busy:
        await wechat_pay.gateway.refund(second)
    again = await wechat_pay.gateway.refund(first)
    await wechat_pay.rule(between_s=0)

    assert busy.value.retry_after == timedelta(minutes=1) and again.status is GatewayStatus.SUCCEEDED
    assert (await wechat_pay.gateway.refund(second)).status is GatewayStatus.SUCCEEDED


async def test_the_fifty_first_part_is_refused_and_all_fifty_are_found(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    parts = [intent(wechat_pay, charge, cny(1_00)) for _ in range(51)]
    for part in parts[:50]:
        await wechat_pay.gateway.refund(part)

    with pytest.raises(Declined) as refused:
        await wechat_pay.gateway.refund(parts[50])

    listed = await wechat_pay.gateway.refunds_of("m", charge)
    assert refused.value.code == "INVALID_REQUEST"
    assert [each.key for each in listed] == [part.key for part in parts[:50]]


async def test_a_payment_of_more_than_a_year_ago_is_refused(wechat_pay: WeChatPayParty) -> None:
    young, old = [await wechat_pay.charge(cny(100_00), days_ago=days) for days in (364, 366)]

    yes = await wechat_pay.gateway.refund(intent(wechat_pay, young, cny(1_00)))
    with pytest.raises(Declined) as refused:
        await wechat_pay.gateway.refund(intent(wechat_pay, old, cny(1_00)))

    assert yes.status is GatewayStatus.SUCCEEDED and refused.value.code == "INVALID_REQUEST"


async def test_a_system_error_says_nothing_of_the_money(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00), Course.BREAKS_DOWN)

    with pytest.raises(NoAnswer, match="SYSTEM_ERROR"):
        await wechat_pay.gateway.refund(intent(wechat_pay, charge, cny(40_00)))


async def test_another_currency_than_theirs_is_refused_and_not_asked_for(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))

    with pytest.raises(Declined) as declined:
        await wechat_pay.gateway.refund(intent(wechat_pay, charge, Money("USD", 40_00)))

    assert declined.value.code == "currency_differs" and await wechat_pay.booked(charge) == []


@pytest.mark.parametrize("name", ["支付/1?x=y", "five5", "x" * 33, "a b c d", "../../v3/certificates", "4" * 33])
async def test_what_no_payment_of_theirs_is_called_is_refused_without_asking(
    wechat_pay: WeChatPayParty, name: str
) -> None:
    with pytest.raises(Declined) as declined:
        await wechat_pay.gateway.refund(intent(wechat_pay, name, cny(40_00)))

    assert declined.value.code == "ORDER_NOT_EXIST"
    assert list(await wechat_pay.gateway.refunds_of("m", name)) == []


async def test_an_order_number_that_looks_like_their_own_is_found_all_the_same(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00), reference="4200009999202611291234567890")
    wanted = intent(wechat_pay, charge, cny(40_00))

    answer = await until_answered(wechat_pay, wanted)

    assert await found(wechat_pay, wanted) == answer


def test_keys_of_today_are_their_own_names_and_no_two_keys_have_one() -> None:
    today = ["rf_3f2a-0-0", "-", "_", "a" * 64, "RF_1", "rf_1"]
    keys = [*today, *OLD_KEYS, "rf_1*payout", "*cmZfMTpwYXlvdXQ6YSBi", "@abc", "a" * 65, ""]
    names = [refund_no(key) for key in keys]

    assert names[: len(today)] == today
    assert len(set(names)) == len(set(keys))
    assert all(1 <= len(name) <= 64 and set(name) <= set(_LETTERS) for name in names)
    assert all(key_of(name) in (key, name) for key, name in zip(keys, names, strict=True))
    assert [key_of(refund_no(key)) for key in ("rf_1:payout:支付", "a b", *today)] == [
        "rf_1:payout:支付",
        "a b",
        *today,
    ]


_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-|*@"


@pytest.mark.parametrize("name", ["*", "*é", "*!!!!", "*YQ", "*_w", "R2026|1", "@@", "50*"])
def test_a_refund_that_somebody_else_named_keeps_its_name(name: str) -> None:
    assert key_of(name) == name or refund_no(key_of(name)) == name


async def test_a_key_of_any_length_is_paid_once_and_found_again(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    wanted = [intent(wechat_pay, charge, cny(1_00), key=key) for key in OLD_KEYS]

    first = [await wechat_pay.gateway.refund(each) for each in wanted]
    again = [await wechat_pay.gateway.refund(each) for each in wanted]

    assert again == first == [await wechat_pay.gateway.look_up(each) for each in wanted]
    assert len(await wechat_pay.booked(charge)) == len(OLD_KEYS)


async def test_a_payment_that_they_have_just_shown_is_not_missing(wechat_pay: WeChatPayParty) -> None:
    """They say so now and then: developers.weixin.qq.com/community/develop/doc/0002cc91f60120266c050ea3265c00."""
    charge = await wechat_pay.charge(cny(100_00))
    wanted = intent(wechat_pay, charge, cny(40_00))
    await wechat_pay.rule(misses=1)

    with pytest.raises(NoAnswer, match="RESOURCE_NOT_EXISTS"):
        await wechat_pay.gateway.refund(wanted)

    assert (await wechat_pay.gateway.refund(wanted)).status is GatewayStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "code"), [(429, "FREQUENCY_LIMITED"), (429, "RATELIMIT_EXCEEDED"), (403, "FREQUENCY_LIMITED")]
)
def test_whatever_they_call_it_too_many_requests_are_left_for_as_long_as_they_say(status: int, code: str) -> None:
    with pytest.raises(TryLater) as busy:
        refuse(status, {"code": code, "message": "频率超限"}, "3")

    assert busy.value.retry_after == timedelta(seconds=3)


@pytest.mark.parametrize("spoils", ["SUCCESS", "USER_ACCOUNT_ABNORMAL", "ORDER_NOT_EXIST", "FREQUENCY_LIMITED"])
async def test_what_was_changed_on_its_way_is_no_answer(wechat_pay: WeChatPayParty, spoils: str) -> None:
    course = {"USER_ACCOUNT_ABNORMAL": Course.DECLINES, "FREQUENCY_LIMITED": Course.IS_BUSY}.get(spoils)
    charge = await wechat_pay.charge(cny(100_00), course or Course.SUCCEEDS)
    name = "nobody-has-it" if spoils == "ORDER_NOT_EXIST" else charge
    await wechat_pay.rule(spoils=spoils)

    with pytest.raises(NoAnswer, match="has not signed"):
        await wechat_pay.gateway.refund(intent(wechat_pay, name, cny(40_00)))


async def test_a_list_that_was_changed_on_its_way_is_no_answer(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    wanted = intent(wechat_pay, charge, cny(40_00))
    await wechat_pay.gateway.refund(wanted)
    await wechat_pay.rule(spoils=wanted.key)

    with pytest.raises(BadSignature):
        await wechat_pay.gateway.refunds_of("m", charge)


async def test_a_bill_that_was_changed_on_its_way_is_no_answer(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    await wechat_pay.gateway.refund(intent(wechat_pay, charge, cny(40_00)))
    since = clock.now() - timedelta(hours=1)
    await wechat_pay.rule(spoils="40.00")

    async with wechat_pay.until_it_reports():
        with pytest.raises(NoAnswer, match="hash"):
            await wechat_pay.gateway.report("m", since)


async def settled(wechat_pay: WeChatPayParty, since: datetime) -> dict[str, tuple[Money, bool]]:
    """What a settlement report has since then, by our keys: how much, and whether for good."""
    gateway = cast(ReportsSettlements, wechat_pay.gateway)
    pieces = [piece async for piece in gateway.settlement_report(since, clock.now())]
    read = FORMATS["wechat_pay"](io.BytesIO(b"".join(pieces))) if pieces else ()
    return {line.key: (line.amount, line.is_settled) for line in read}


async def test_the_settlement_report_is_the_bills_with_what_was_on_its_way_as_it_is_by_now(
    wechat_pay: WeChatPayParty,
) -> None:
    """A bill is of one day and never changed; what it has as on its way is looked up for a week."""
    courses = (Course.SUCCEEDS, Course.SUCCEEDS_LATER, Course.FAILS_LATER)
    charges = [await wechat_pay.charge(cny(100_00), course) for course in courses]
    done, later, never = [intent(wechat_pay, charge, cny(40_00)) for charge in charges]
    for each in (done, later, never):
        await wechat_pay.gateway.refund(each)

    today = await settled(wechat_pay, clock.now() - timedelta(days=1))
    async with wechat_pay.until_it_reports():
        first = await settled(wechat_pay, clock.now() - timedelta(days=1))
        for charge in charges[1:]:
            await wechat_pay.turn(charge)
        second = await settled(wechat_pay, clock.now())

    assert today == {}
    assert first == {
        done.key: (cny(40_00), True),
        later.key: (cny(40_00), False),
        never.key: (cny(40_00), False),
    }
    assert second == {done.key: (cny(40_00), True), later.key: (cny(40_00), True)}


async def test_what_they_answered_long_ago_is_no_answer_now(wechat_pay: WeChatPayParty) -> None:
    charge, later = await wechat_pay.charge(cny(100_00)), clock.now() + timedelta(minutes=10)
    with clock.set_to(lambda: later), pytest.raises(NoAnswer):
        await wechat_pay.gateway.look_up(intent(wechat_pay, charge, cny(1_00)))


async def test_a_key_that_they_do_not_accept_is_no_answer(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    stranger = WeChatPayGateway(replace(wechat_pay.account, private_key=rsa_key("stranger")))

    with pytest.raises(NoAnswer, match="401"):
        await stranger.refund(intent(wechat_pay, charge, cny(40_00)))


async def test_a_callback_for_another_merchant_is_not_read(wechat_pay: WeChatPayParty) -> None:
    charge = await wechat_pay.charge(cny(100_00))
    await wechat_pay.gateway.refund(intent(wechat_pay, charge, cny(40_00)))
    await wechat_pay.turn(charge)
    [true, *_] = await wechat_pay.told(charge, [GatewayStatus.SUCCEEDED])

    for account in (
        replace(wechat_pay.account, merchant_number="1234567890"),
        replace(wechat_pay.account, api_v3_key=b"x" * 32),
        replace(wechat_pay.account, platform_keys={}),
    ):
        wechat_pay.account = account
        with pytest.raises(BadSignature):
            wechat_pay.hear(true.headers, true.body)


def callback(party: WeChatPayParty, plain: bytes, **fields: object) -> bytes:
    """Encrypt what it says as they do."""
    text = AESGCM(party.account.api_v3_key).encrypt(b"n" * 12, plain, b"")
    resource = {"original_type": "refund", "ciphertext": base64.b64encode(text).decode(), "nonce": "n" * 12}
    return json.dumps({"id": "EV-1", "event_type": "REFUND.SUCCESS", "resource": resource, **fields}).encode()


async def test_a_callback_about_a_payment_is_understood_as_that(wechat_pay: WeChatPayParty) -> None:
    body = callback(wechat_pay, b"{}").replace(b'"refund"', b'"transaction"')

    heard = wechat_pay.hear(wechat_pay.sign(body), body)

    assert heard.event is None and heard.webhook_id == "EV-1"


async def test_nothing_of_the_customers_account_is_kept(wechat_pay: WeChatPayParty) -> None:
    said = {"mchid": wechat_pay.account.merchant_number, "transaction_id": "4", "out_refund_no": "k"}
    said |= {"refund_id": "5", "refund_status": "SUCCESS", "user_received_account": "招商银行信用卡0403"}
    body = callback(wechat_pay, json.dumps(said).encode())

    heard = wechat_pay.hear(wechat_pay.sign(body), body)

    assert "0403" not in json.dumps(heard.body) and heard.body["refund"]["out_refund_no"] == "k"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":"EV-1"}', b"\xff"])
async def test_a_signed_callback_that_makes_no_sense_is_refused(wechat_pay: WeChatPayParty, body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wechat_pay.hear(wechat_pay.sign(body), body)
    unclear = callback(wechat_pay, body or b"-")
    with pytest.raises(ValueError, match=r".+"):
        wechat_pay.hear(wechat_pay.sign(unclear), unclear)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("private_key", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"),
        ("private_key", "c2VjcmV0IG5vbnNlbnNl"),
        ("api_v3_key", "too short"),
        ("api_v2_key", "x" * 33),
        ("platform_keys", "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----"),
        ("platform_keys", "nothing of it"),
        ("certificate_serial", "not hexadecimal"),
        ("app_id", "1234"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_and_the_key_is_not(field: str, told: str) -> None:
    kept = {**secrets_of_account(), field: told}

    wrong = faults("1900000109", kept)

    assert list(wrong) == [f"/secrets/{field}"]
    assert told not in wrong[f"/secrets/{field}"] and "nonsense" not in wrong[f"/secrets/{field}"]


def test_an_account_without_its_number_is_refused_and_a_right_one_is_not() -> None:
    assert list(faults("", secrets_of_account())) == ["/account"]
    assert faults("1900000109", secrets_of_account()) == {}


def test_while_a_platform_key_is_replaced_both_are_good() -> None:
    old, new = public_pem(rsa_key("wechat pay")), public_pem(rsa_key("stranger"))

    keys = platform_keys(f"{KEY_ID} {new}\nPUB_KEY_ID_01 {old}")

    assert list(keys) == [KEY_ID, "PUB_KEY_ID_01"]


def test_a_private_key_may_be_told_without_its_armour() -> None:
    bare = "".join(private_pem(rsa_key("merchant")).splitlines()[1:-1])

    assert faults("1900000109", {**secrets_of_account(), "private_key": bare}) == {}
