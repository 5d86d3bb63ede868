"""The suite would notice: the adapter of Alipay with one fault each, which a case of the suite must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import gateways.alipay
from tests.gateways import test_alipay, test_refunds, test_webhooks
from tests.gateways.alipay_party import AlipayParty, alipay_party
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault


async def a_changed_query(party: AlipayParty) -> None:
    await test_alipay.test_what_was_changed_on_its_way_is_no_answer(party, "REFUND_SUCCESS")


MUTANTS: dict[str, Mutant[AlipayParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        'if said.get("refund_status") == "REFUND_SUCCESS" else None',
        "if False else None",
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "too low a balance taken for a no": Mutant(
        "gateway.py",
        "if declined.code != BALANCE_TOO_LOW:",
        "if True:",
        test_refunds.test_what_waits_for_the_merchants_balance_is_told_apart_until_it_is_paid,
    ),
    "an answer taken for a yes": Mutant(
        "gateway.py",
        'if said.get("refund_status") == "REFUND_SUCCESS" else None',
        'if said.get("code") == "10000" else None',
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "fund_change not read": Mutant(
        "gateway.py",
        'if said.get("fund_change") == "Y":',
        "if True:",
        test_refunds.test_what_is_pending_is_no_yes_until_it_is_one,
    ),
    "N taken for pending for ever": Mutant(
        "gateway.py",
        "return await self.look_up(instruction) or unpaid",
        "return unpaid",
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "a number of the attempt": Mutant(
        "gateway.py",
        '"refund_amount": yuan(instruction.amount), "out_request_no": number}',
        '"refund_amount": yuan(instruction.amount), "out_request_no": str(__import__("time").monotonic_ns())}',
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "a number of the amount": Mutant(
        "gateway.py",
        '"refund_amount": yuan(instruction.amount), "out_request_no": number}',
        '"refund_amount": yuan(instruction.amount), "out_request_no": yuan(instruction.amount)}',
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "fen taken for yuan": Mutant(
        "answers.py",
        'return f"{amount.minor_units // 100}.{amount.minor_units % 100:02d}"',
        'return f"{amount.minor_units // 1000}.{amount.minor_units % 100:02d}"',
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "answers unverified": Mutant(
        "signing.py",
        "if whole.get(name) != said or not rsa.is_signed_by(",
        "if whole.get(name) != said and not rsa.is_signed_by(",
        a_changed_query,
    ),
    "whatever currency": Mutant(
        "gateway.py",
        "if instruction.amount.currency != CURRENCY:",
        "if False:",
        test_alipay.test_another_currency_than_theirs_is_refused_and_not_asked_for,
    ),
    "a system error taken for a no": Mutant(
        "answers.py",
        "if code == _REFUSED and reason in _DEFINITE:",
        "if code == _REFUSED:",
        test_alipay.test_a_system_error_says_nothing_of_the_money,
    ),
    "busy taken for a no": Mutant(
        "answers.py",
        "    if code == _BUSY:\n",
        '    if code == _BUSY:\n        raise Declined(code, "busy")\n',
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "a no without its reason": Mutant(
        "answers.py",
        "raise Declined(reason, ",
        'raise Declined("declined", ',
        test_refunds.test_a_no_is_told_with_the_reason_of_the_provider,
    ),
    "what came in taken for a refund": Mutant(
        "answers.py",
        "if amount >= 0 or not is_refund:",
        "if amount >= 0 and is_refund:",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "their own numbers alone": Mutant(
        "gateway.py",
        "    if _ORDER_NO.fullmatch(charge_ref):",
        "    elif _ORDER_NO.fullmatch(charge_ref):",
        test_alipay.test_an_order_number_that_looks_like_theirs_is_found_all_the_same,
    ),
    "one span alone": Mutant(
        "gateway.py",
        "            begin = end\n",
        "            begin = now\n",
        test_alipay.test_the_report_is_the_account_s_log_in_spans_that_they_allow,
    ),
    "notifications unverified": Mutant(
        "webhooks.py",
        "    verify(account, fields)\n",
        "",
        test_alipay.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "another application's notification": Mutant(
        "webhooks.py",
        "if webhook.app_id != account.app_id:",
        "if False:",
        test_alipay.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "no key in what is heard": Mutant(
        "webhooks.py",
        "ProviderEvent(key_of(request_no), ",
        'ProviderEvent("", ',
        test_webhooks.test_a_webhook_names_the_refund_by_our_key_and_by_theirs,
    ),
    "a payment taken for a refund": Mutant(
        "webhooks.py",
        "if webhook.gmt_refund and webhook.out_biz_no else None",
        "if True else None",
        test_alipay.test_a_payment_and_a_trade_that_was_closed_are_understood_as_that,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_without_a_fault_passes_what_catches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class AlipayGateway:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[AlipayParty], folder: Path) -> AsyncIterator[AlipayParty]:
    adapter = loaded(gateways.alipay, mutant, folder)
    async with alipay_party("", adapter("gateway").AlipayGateway, adapter("account").read) as party:
        party.heard_by = adapter("webhooks").hear
        yield party
