"""The suite would notice: the adapter of PayPal with one fault each, which a case of the suite must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import gateways.paypal
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from tests.gateways import test_paypal, test_refunds, test_reports, test_webhooks
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault
from tests.gateways.paypal_party import PayPalParty, paypal_party


async def a_loss(party: PayPalParty) -> None:
    known = ("RESOLVED", "CHARGEBACK", "RESOLVED_BUYER_FAVOUR", DisputeStatus.LOST)
    await test_paypal.test_each_word_of_a_dispute_has_its_meaning_or_none(party, *known)


async def an_amount_in_yen(party: PayPalParty) -> None:
    yen = Money("JPY", 1_200)
    await test_paypal.test_amounts_are_written_with_the_decimals_that_they_give_a_currency(party, yen, "1200")


async def an_amount_in_forint(party: PayPalParty) -> None:
    forint = Money("HUF", 1_200_00)
    await test_paypal.test_amounts_are_written_with_the_decimals_that_they_give_a_currency(party, forint, "1200")


async def a_new_issue(party: PayPalParty) -> None:
    await test_paypal.test_each_issue_is_a_no_or_says_nothing_of_the_money(party, "SOMETHING_NEW", None)


async def a_charge_back(party: PayPalParty) -> None:
    issue, code = "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK", "charge_disputed"
    await test_paypal.test_each_issue_is_a_no_or_says_nothing_of_the_money(party, issue, code)


async def a_forgotten_order(party: PayPalParty) -> None:
    await test_paypal.test_a_capture_without_its_order_is_only_known_where_nothing_went_back(party, "forgets_orders")


async def of_any_characters(party: PayPalParty) -> None:
    await test_reports.test_whatever_a_charge_and_a_key_are_called_the_money_goes_there(party, "ch_1/refunds")


MUTANTS: dict[str, Mutant[PayPalParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "return own[-1].answer if own else None",
        "return None",
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "nothing listed": Mutant(
        "gateway.py",
        "if each.is_of(charge_ref)",
        "if False",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "all refunds of the order listed": Mutant(
        "answers.py",
        "return not captures or charge_ref in captures",
        "return True",
        test_paypal.test_refunds_of_another_capture_of_the_order_are_not_this_ones,
    ),
    "no order, no refunds": Mutant(
        "gateway.py",
        'if capture.get("status") != _NOTHING_WENT_BACK:',
        "if False:",
        a_forgotten_order,
    ),
    "no id of the request": Mutant(
        "gateway.py",
        '"paypal-request-id": request_id(instruction.key), ',
        "",
        test_paypal.test_a_request_names_the_intent_and_nothing_else,
    ),
    "an id of the attempt": Mutant(
        "names.py",
        "    name = custom_id(key)\n",
        "    name = str(__import__('time').monotonic_ns())\n",
        test_paypal.test_a_request_names_the_intent_and_nothing_else,
    ),
    "an id of the amount": Mutant(
        "gateway.py",
        "request_id(instruction.key)",
        "str(instruction.amount.minor_units)",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "no name for ever": Mutant(
        "gateway.py",
        '"custom_id": name, "invoice_id": name}',
        '"custom_id": name}',
        test_paypal.test_an_invoice_id_is_refunded_once_for_ever,
    ),
    "a name used before taken for a no": Mutant(
        "gateway.py",
        "if declined.code == ALREADY_NAMED:",
        "if False:",
        test_paypal.test_an_invoice_id_is_refunded_once_for_ever,
    ),
    "all refunded taken for a no": Mutant(
        "gateway.py",
        "if declined.code in (ALREADY_REFUNDED, ALREADY_NAMED) else None",
        "if declined.code in (ALREADY_NAMED,) else None",
        test_paypal.test_all_that_was_refunded_is_answered_as_done,
    ),
    "keys unspelled": Mutant(
        "names.py",
        "return refund_no(key).translate(str.maketrans(_OURS, _THEIRS))",
        "return key[:127]",
        test_paypal.test_a_request_names_the_intent_and_nothing_else,
    ),
    "charges unquoted": Mutant(
        "gateway.py",
        "/v2/payments/captures/{quote(instruction.charge_ref, safe='')}/refund",
        "/v2/payments/captures/{instruction.charge_ref}/refund",
        of_any_characters,
    ),
    "pending taken for yes": Mutant(
        "answers.py",
        '"PENDING": GatewayStatus.PENDING,',
        '"PENDING": GatewayStatus.SUCCEEDED,',
        test_refunds.test_what_is_pending_is_no_yes_until_it_is_one,
    ),
    "failed taken for pending": Mutant(
        "answers.py",
        '"FAILED": GatewayStatus.FAILED,',
        '"FAILED": GatewayStatus.PENDING,',
        test_refunds.test_what_succeeded_may_fail_days_later,
    ),
    "too low a balance taken for a no": Mutant(
        "gateway.py",
        "if declined.code == BALANCE_TOO_LOW:",
        "if False:",
        test_refunds.test_what_waits_for_the_merchants_balance_is_told_apart_until_it_is_paid,
    ),
    "busy taken for a no": Mutant(
        "answers.py",
        "    if answer.status_code == _BUSY:\n",
        '    if answer.status_code == _BUSY:\n        raise Declined("busy", "busy")\n',
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "broken taken for a no": Mutant(
        "answers.py",
        '    raise NoAnswer(f"PayPal: {answer.status_code} {issue} {words}")',
        "    raise Declined(issue, words)",
        test_refunds.test_who_breaks_down_before_and_after_paying_is_asked_until_it_is_known,
    ),
    "whatever is refused taken for a no": Mutant(
        "answers.py",
        "if answer.status_code == _REFUSED and (issue in _OURS or issue in _DEFINITE):",
        "if answer.status_code == _REFUSED:",
        a_new_issue,
    ),
    "a charge back taken for any no": Mutant(
        "answers.py",
        "raise Declined(_OURS.get(issue, issue), ",
        "raise Declined(issue, ",
        a_charge_back,
    ),
    "a no without its reason": Mutant(
        "answers.py",
        "raise Declined(_OURS.get(issue, issue), ",
        'raise Declined(_OURS.get(issue, "declined"), ',
        test_refunds.test_a_no_is_told_with_the_reason_of_the_provider,
    ),
    "cents taken for dollars": Mutant(
        "units.py",
        "value = Decimal(amount.minor_units).scaleb(-DECIMALS[amount.currency])",
        "value = Decimal(amount.minor_units)",
        test_refunds.test_more_than_is_left_of_a_charge_is_refused,
    ),
    "two decimals for all": Mutant(
        "units.py",
        "return 0 if currency in _WHOLE else DECIMALS[currency]",
        "return 2",
        an_amount_in_yen,
    ),
    "the decimals of ISO 4217": Mutant(
        "units.py",
        "return 0 if currency in _WHOLE else DECIMALS[currency]",
        "return DECIMALS[currency]",
        an_amount_in_forint,
    ),
    "parts of a unit cut off": Mutant(
        "units.py",
        "    if written != value:\n",
        "    if False:\n",
        test_paypal.test_what_they_have_no_unit_for_and_another_currency_are_refused,
    ),
    "a token for each": Mutant(
        "token.py",
        "is_good = self._good_until is not None and clock.of_this_machine() < self._good_until",
        "is_good = False",
        test_paypal.test_one_token_is_fetched_for_all_and_another_when_it_is_not_taken_any_more,
    ),
    "a token for ever": Mutant(
        "gateway.py",
        "if answer.status_code == _UNAUTHORIZED:",
        "if False:",
        test_paypal.test_one_token_is_fetched_for_all_and_another_when_it_is_not_taken_any_more,
    ),
    "a token past its end": Mutant(
        "token.py",
        "self._good_until is not None and clock.of_this_machine() < self._good_until",
        "self._good_until is not None",
        test_paypal.test_one_token_is_fetched_for_all_and_another_when_it_is_not_taken_any_more,
    ),
    "one page alone": Mutant(
        "gateway.py",
        'pages = int(said.get("total_pages") or 0)',
        "pages = 1",
        test_paypal.test_the_report_has_all_pages_of_all_spans,
    ),
    "one span alone": Mutant(
        "gateway.py",
        "            begin = end\n",
        "            begin = now\n",
        test_paypal.test_the_report_has_all_pages_of_all_spans,
    ),
    "what they were refunded taken for a refund": Mutant(
        "answers.py",
        'return self.transaction_amount.value.startswith("-")',
        "return True",
        test_paypal.test_what_the_merchant_was_refunded_is_no_refund_and_more_than_they_list_is_asked_for_in_parts,
    ),
    "too many taken for no answer": Mutant(
        "gateway.py",
        "            if end - begin < _SHORTEST:\n",
        "            if True:\n",
        test_paypal.test_what_the_merchant_was_refunded_is_no_refund_and_more_than_they_list_is_asked_for_in_parts,
    ),
    "settled by the day on which it was made": Mutant(
        "gateway.py",
        "self._searched(since - SEARCHED_AT_ONCE, end)",
        "self._searched(since, end)",
        test_paypal.test_the_settlement_report_has_what_was_refunded_and_what_has_changed_since,
    ),
    "settled whenever it was": Mutant(
        "gateway.py",
        "if since <= each.transaction_updated_date < end:",
        "if True:",
        test_paypal.test_the_settlement_report_has_what_was_refunded_and_what_has_changed_since,
    ),
    "webhooks unverified": Mutant(
        "webhooks.py",
        "    _verify(account, headers, body)\n",
        "",
        test_webhooks.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "the body unsigned": Mutant(
        "webhooks.py",
        "{zlib.crc32(body)}",
        "{zlib.crc32(body.replace(b'41', b'40').rstrip())}",
        test_webhooks.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "webhooks of any age": Mutant(
        "webhooks.py",
        "if not -CLOCKS_DIFFER_BY <= age <= WEBHOOKS_ARE_GOOD_FOR:",
        "if False:",
        test_paypal.test_what_is_sent_twice_has_one_id_and_what_is_older_than_they_repeat_it_is_refused,
    ),
    "no key in what is heard": Mutant(
        "webhooks.py",
        "return ProviderEvent(key, ",
        'return ProviderEvent("", ',
        test_webhooks.test_a_webhook_names_the_refund_by_our_key_and_by_theirs,
    ),
    "no trace in what is heard": Mutant(
        "webhooks.py",
        "about.id, about.acquirer_reference_number)",
        "about.id)",
        test_refunds.test_there_is_a_number_for_the_customers_bank_as_soon_as_it_is_paid,
    ),
    "all of it lost": Mutant(
        "webhooks.py",
        "amount = (ended.amount_refunded if ended else None) or about.dispute_amount",
        "amount = about.dispute_amount",
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
    await passes_without_a_fault(MUTANTS, "class PayPalGateway:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[PayPalParty], folder: Path) -> AsyncIterator[PayPalParty]:
    adapter = loaded(gateways.paypal, mutant, folder)
    async with paypal_party("", adapter("gateway").PayPalGateway, adapter("account").read) as party:
        party.heard_by = adapter("webhooks").hear
        yield party
