"""The suite would notice: the adapter of WeChat Pay with one fault each, which a case of the suite must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import gateways.wechat_pay
from tests.gateways import test_refunds, test_reports, test_webhooks, test_wechat_pay
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault
from tests.gateways.wechat_pay_party import WeChatPayParty, wechat_pay_party


async def a_changed_yes(party: WeChatPayParty) -> None:
    await test_wechat_pay.test_what_was_changed_on_its_way_is_no_answer(party, "SUCCESS")


MUTANTS: dict[str, Mutant[WeChatPayParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "return found.answer if found else None",
        "return None",
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "a number of the attempt": Mutant(
        "gateway.py",
        '"out_refund_no": refund_no(instruction.key),',
        '"out_refund_no": str(__import__("time").monotonic_ns()),',
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "a number of the amount": Mutant(
        "gateway.py",
        '"out_refund_no": refund_no(instruction.key),',
        '"out_refund_no": f"{instruction.charge_ref}-{instruction.amount.minor_units}",',
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "the whole payment instead of a part": Mutant(
        "gateway.py",
        '{"refund": instruction.amount.minor_units, ',
        '{"refund": paid.amount.total, ',
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "the part taken for the payment": Mutant(
        "gateway.py",
        '"total": paid.amount.total,',
        '"total": instruction.amount.minor_units,',
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "answers unverified": Mutant(
        "gateway.py",
        "verify(self._account, answer.headers, answer.content)",
        "pass",
        a_changed_yes,
    ),
    "lists unverified": Mutant(
        "signing.py",
        'if not hmac.compare_digest(said.get("sign", "").encode(), _v2_signature(account, said).encode()):',
        "if False:",
        test_wechat_pay.test_a_list_that_was_changed_on_its_way_is_no_answer,
    ),
    "bills unverified": Mutant(
        "bills.py",
        "if not hmac.compare_digest(",
        "if False and not hmac.compare_digest(",
        test_wechat_pay.test_a_bill_that_was_changed_on_its_way_is_no_answer,
    ),
    "the first page alone": Mutant(
        "gateway.py",
        "if len(part) < LISTED_AT_ONCE:",
        "if True:",
        test_wechat_pay.test_the_fifty_first_part_is_refused_and_all_fifty_are_found,
    ),
    "too low a balance taken for a no": Mutant(
        "gateway.py",
        "if declined.code == BALANCE_TOO_LOW:",
        "if False:",
        test_refunds.test_what_waits_for_the_merchants_balance_is_told_apart_until_it_is_paid,
    ),
    "whatever currency": Mutant(
        "gateway.py",
        "if instruction.amount.currency != _CURRENCY:",
        "if False:",
        test_wechat_pay.test_another_currency_than_theirs_is_refused_and_not_asked_for,
    ),
    "a payment that they have is missing": Mutant(
        "gateway.py",
        "if declined.code in (NO_SUCH_THING, NO_SUCH_ORDER):  #",
        "if False:  #",
        test_wechat_pay.test_a_payment_that_they_have_just_shown_is_not_missing,
    ),
    "their own numbers alone": Mutant(
        "names.py",
        "    if _ORDER_NO.fullmatch(charge_ref):",
        "    elif _ORDER_NO.fullmatch(charge_ref):",
        test_wechat_pay.test_an_order_number_that_looks_like_their_own_is_found_all_the_same,
    ),
    "processing taken for yes": Mutant(
        "answers.py",
        '"PROCESSING": GatewayStatus.PENDING',
        '"PROCESSING": GatewayStatus.SUCCEEDED',
        test_refunds.test_what_is_pending_is_no_yes_until_it_is_one,
    ),
    "abnormal taken for processing": Mutant(
        "answers.py",
        '"ABNORMAL": GatewayStatus.FAILED',
        '"ABNORMAL": GatewayStatus.PENDING',
        test_refunds.test_what_is_pending_may_fail,
    ),
    "busy taken for a no": Mutant(
        "answers.py",
        "    if code == _BUSY or status == _TOO_MANY:\n",
        '    if code == _BUSY:\n        raise Declined(code, "busy")\n',
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "Retry-After not heeded": Mutant(
        "answers.py",
        "raise TryLater(retry_after(busy_for, AGAIN_AFTER))",
        "raise TryLater(AGAIN_AFTER)",
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "a minute not kept": Mutant(
        "limits.py",
        "AGAIN_AFTER = timedelta(minutes=1)",
        "AGAIN_AFTER = timedelta()",
        test_wechat_pay.test_a_payment_rests_for_a_minute_between_two_refunds,
    ),
    "a system error taken for a no": Mutant(
        "answers.py",
        '"USER_ACCOUNT_ABNORMAL"}',
        '"USER_ACCOUNT_ABNORMAL", "SYSTEM_ERROR"}',
        test_wechat_pay.test_a_system_error_says_nothing_of_the_money,
    ),
    "a no without its reason": Mutant(
        "answers.py",
        "raise Declined(code, message",
        'raise Declined("declined", message',
        test_refunds.test_a_no_is_told_with_the_reason_of_the_provider,
    ),
    "a signature of something else": Mutant(
        "signing.py",
        'signed = f"{moment}\\n{nonce}\\n".encode() + body + b"\\n"',
        'signed = f"{moment}\\n{nonce}\\n".encode() + b"\\n"',
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "callbacks unverified": Mutant(
        "webhooks.py",
        "    verify(account, headers, body)",
        "    pass",
        test_webhooks.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "old signatures are good": Mutant(
        "signing.py",
        "> SIGNATURES_ARE_GOOD_FOR.total_seconds():",
        "> 10**9:",
        test_webhooks.test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused,
    ),
    "another merchant's callback": Mutant(
        "webhooks.py",
        "if refund.mchid != account.merchant_number:",
        "if False:",
        test_wechat_pay.test_a_callback_for_another_merchant_is_not_read,
    ),
    "an id for each delivery": Mutant(
        "webhooks.py",
        "return Callback(webhook.id, event,",
        "return Callback(str(id(object())) + headers['wechatpay-nonce'], event,",
        test_webhooks.test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused,
    ),
    "settlements believe old bills": Mutant(
        "gateway.py",
        "bills.with_states(bill, await self._ended(bill))",
        "bill",
        test_wechat_pay.test_the_settlement_report_is_the_bills_with_what_was_on_its_way_as_it_is_by_now,
    ),
    "settlements of the last days alone": Mutant(
        "gateway.py",
        "bills.days(since - STILL_ON_THEIR_WAY, until)",
        "bills.days(since, until)",
        test_wechat_pay.test_the_settlement_report_is_the_bills_with_what_was_on_its_way_as_it_is_by_now,
    ),
    "what failed settled as paid": Mutant(
        "answers.py",
        'GatewayStatus.FAILED: "CHANGE"}',
        'GatewayStatus.FAILED: "SUCCESS"}',
        test_wechat_pay.test_the_settlement_report_is_the_bills_with_what_was_on_its_way_as_it_is_by_now,
    ),
    "the report believes old bills": Mutant(
        "gateway.py",
        "is_final = status_of(billed.status) is GatewayStatus.SUCCEEDED",
        "is_final = True",
        test_reports.test_the_report_lists_what_was_booked_and_what_has_changed,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_without_a_fault_passes_what_catches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class WeChatPayGateway:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[WeChatPayParty], folder: Path) -> AsyncIterator[WeChatPayParty]:
    adapter = loaded(gateways.wechat_pay, mutant, folder)
    async with wechat_pay_party("", adapter("gateway").WeChatPayGateway, adapter("account").read) as party:
        party.heard_by = adapter("webhooks").hear
        yield party
