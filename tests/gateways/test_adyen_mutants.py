"""The suite would notice: the adapter of Adyen with one fault each, which a case of the suite must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import gateways.adyen
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from tests.gateways import test_adyen, test_refunds, test_webhooks
from tests.gateways.adyen_party import AdyenParty, adyen_party
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault


async def in_rupiah(party: AdyenParty) -> None:
    await test_adyen.test_amounts_are_counted_as_they_count_them(party, Money("IDR", 1_200_00), 1_200)


async def under_way(party: AdyenParty) -> None:
    await test_adyen.test_each_error_is_a_no_or_says_nothing_of_the_money(party, 422, "704", is_no=False)


async def a_loss(party: AdyenParty) -> None:
    await test_adyen.test_each_word_of_a_dispute_has_its_meaning_or_none(
        party, "CHARGEBACK", "Lost", DisputeStatus.LOST
    )


MUTANTS: dict[str, Mutant[AdyenParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "        if told:\n",
        "        if False:\n",
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "received taken for yes": Mutant(
        "gateway.py",
        'GatewayRefund(made, GatewayStatus.PENDING, pending_reason="received")',
        "GatewayRefund(made, GatewayStatus.SUCCEEDED)",
        test_refunds.test_what_is_pending_is_no_yes_until_it_is_one,
    ),
    "no key": Mutant(
        "gateway.py",
        ', "idempotency-key": name}',
        "}",
        test_refunds.test_a_request_that_is_repeated_is_answered_as_the_first_time,
    ),
    "a reference of the amount": Mutant(
        "gateway.py",
        "name = refund_no(instruction.key)\n        answer",
        "name = str(instruction.amount.minor_units)\n        answer",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "repeated for ever": Mutant(
        "gateway.py",
        "if asked_at is not None and clock.of_this_machine() - asked_at > KEYS_ARE_GOOD_FOR:",
        "if False:",
        test_adyen.test_a_request_is_repeated_while_they_keep_its_key_and_never_after_that,
    ),
    "what was got forgotten": Mutant(
        "gateway.py",
        "        if instruction.reference:\n",
        "        if False:\n",
        test_adyen.test_what_they_have_got_and_not_decided_waits_under_their_reference,
    ),
    "under way taken for a no": Mutant(
        "gateway.py",
        "if status == _REFUSED and code in _DEFINITE:",
        "if status == _REFUSED:",
        under_way,
    ),
    "busy taken for a no": Mutant(
        "gateway.py",
        "        if answer.status_code == _BUSY:\n",
        '        if answer.status_code == _BUSY:\n            raise Declined("busy", "busy")\n',
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "success unread": Mutant(
        "told.py",
        "return GatewayStatus.SUCCEEDED if is_so else GatewayStatus.FAILED",
        "return GatewayStatus.SUCCEEDED",
        test_refunds.test_what_is_pending_may_fail,
    ),
    "what came back unread": Mutant(
        "told.py",
        "return GatewayStatus.FAILED if self.event_code in _CAME_BACK and is_so else GatewayStatus.PENDING",
        "return GatewayStatus.PENDING",
        test_refunds.test_what_succeeded_may_fail_days_later,
    ),
    "the last news taken for the truth": Mutant(
        "told.py",
        "last = next(statuses[status] for status in _BY_WEIGHT if status in statuses)",
        "last = told[-1]",
        test_adyen.test_what_failed_stays_failed_however_the_news_come_in,
    ),
    "a no without its reason": Mutant(
        "told.py",
        "decline_code=(last.reason or last.event_code) if",
        "decline_code=last.event_code if",
        test_refunds.test_a_no_is_told_with_the_reason_of_the_provider,
    ),
    "no trace": Mutant(
        "told.py",
        "trace_number=next((each.arn for each in told if each.arn), None)",
        "trace_number=None",
        test_adyen.test_what_they_have_got_and_not_decided_waits_under_their_reference,
    ),
    "the decimals of ISO 4217": Mutant(
        "units.py",
        "return _THEIRS.get(currency, DECIMALS[currency])",
        "return DECIMALS[currency]",
        in_rupiah,
    ),
    "parts of a unit cut off": Mutant(
        "units.py",
        "    if rest:\n",
        "    if False:\n",
        test_adyen.test_what_they_have_no_unit_for_and_another_currency_are_refused,
    ),
    "items unverified": Mutant(
        "webhooks.py",
        "if not signed or not all(_is_signed(account, *each) for each in signed):",
        "if not signed:",
        test_adyen.test_what_was_changed_or_signed_by_others_is_not_even_read,
    ),
    "the amount unsigned": Mutant(
        "webhooks.py",
        'amount["value"], amount["currency"]]',
        '4000, amount["currency"]]',
        test_adyen.test_what_was_changed_or_signed_by_others_is_not_even_read,
    ),
    "another account's items": Mutant(
        "webhooks.py",
        '["merchantAccountCode"] != account.merchant_account',
        '["merchantAccountCode"] == ""',
        test_adyen.test_a_good_signature_for_another_merchant_account_is_not_ours,
    ),
    "no key in what is heard": Mutant(
        "webhooks.py",
        "return ProviderEvent(key_of(self.merchant_reference), ",
        'return ProviderEvent("", ',
        test_webhooks.test_a_webhook_names_the_refund_by_our_key_and_by_theirs,
    ),
    "every chargeback open": Mutant(
        "webhooks.py",
        "        if stands in _LOST:\n",
        "        if False:\n",
        a_loss,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_without_a_fault_passes_what_catches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class AdyenGateway:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[AdyenParty], folder: Path) -> AsyncIterator[AdyenParty]:
    adapter = loaded(gateways.adyen, mutant, folder)
    hears = adapter("webhooks").hear
    async with adyen_party("", adapter("gateway").AdyenGateway, adapter("account").read, hears) as party:
        yield party
