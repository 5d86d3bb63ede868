"""The suite would notice: the adapter of Stripe with one fault each, which a case of the suite must catch."""

from pathlib import Path

import pytest

import gateways.stripe
from domain.sale.disputes import DisputeStatus
from tests.gateways import test_refunds, test_stripe, test_stripe_disputes, test_webhooks
from tests.gateways.mutants import Mutant, is_caught, loaded
from tests.gateways.stripe_party import StripeParty, peer_party


async def long_ago(party: StripeParty) -> None:
    await test_refunds.test_what_went_back_long_ago_is_done(party, asked_before=False)


async def lost(party: StripeParty) -> None:
    await test_stripe_disputes.test_each_of_their_words_has_its_meaning_or_none(party, "lost", DisputeStatus.LOST)


MUTANTS: dict[str, Mutant[StripeParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "if reported(refund).key == instruction.key:",
        "if False:",
        test_refunds.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "another's refund taken for ours": Mutant(
        "gateway.py",
        "if reported(refund).key == instruction.key:",
        "if True:",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "no metadata": Mutant("gateway.py", "named = {KEY: instruction.key, ", "named = {", long_ago),
    "a key of the attempt": Mutant(
        "gateway.py",
        "return key if _SAFE.fullmatch(key) else",
        "return str(id(object())) + str(__import__('time').monotonic_ns()) if True else",
        test_refunds.test_twenty_who_ask_for_one_refund_at_once_get_one,
    ),
    "a key of the amount": Mutant(
        "gateway.py",
        "_idempotency_key(instruction.key)",
        "_idempotency_key(f'{instruction.charge_ref}-{instruction.amount}')",
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "the whole charge instead of a part": Mutant(
        "gateway.py",
        '"charge": instruction.charge_ref, "amount": amount, ',
        '"charge": instruction.charge_ref, ',
        test_refunds.test_parts_come_back_one_after_the_other_and_each_is_found,
    ),
    "the first page alone": Mutant(
        "gateway.py",
        "async for refund in page.auto_paging_iter():\n            yield refund",
        "for refund in page.data:\n            yield refund",
        test_stripe.test_a_refund_is_found_among_more_than_one_page_of_them,
    ),
    "whatever currency": Mutant(
        "gateway.py",
        "if currency.upper() != meant:",
        "if False:",
        test_stripe.test_a_charge_in_another_currency_is_not_paid_back_in_it,
    ),
    "an unknown charge has us fail": Mutant(
        "gateway.py",
        "if declined.code != NO_SUCH_CHARGE:",
        "if True:",
        test_refunds.test_a_charge_that_nobody_knows_is_refused,
    ),
    "pending taken for yes": Mutant(
        "answers.py",
        '"pending": GatewayStatus.PENDING',
        '"pending": GatewayStatus.SUCCEEDED',
        test_refunds.test_what_is_pending_is_no_yes_until_it_is_one,
    ),
    "a shortage taken for any pending": Mutant(
        "answers.py",
        "BALANCE_TOO_LOW in reasons",
        "False",
        test_refunds.test_what_waits_for_the_merchants_balance_is_told_apart_until_it_is_paid,
    ),
    "a trace number dropped": Mutant(
        "answers.py",
        'details.get("reference")',
        'details.get("nothing")',
        test_refunds.test_there_is_a_number_for_the_customers_bank_as_soon_as_it_is_paid,
    ),
    "a trace number not heard": Mutant(
        "webhooks.py",
        "about.id, trace)",
        "about.id)",
        test_refunds.test_there_is_a_number_for_the_customers_bank_as_soon_as_it_is_paid,
    ),
    "failed taken for pending": Mutant(
        "answers.py",
        '"failed": GatewayStatus.FAILED',
        '"failed": GatewayStatus.PENDING',
        test_refunds.test_what_is_pending_may_fail,
    ),
    "busy taken for a no": Mutant(
        "answers.py",
        "raise TryLater(_retry_after(busy)) from busy",
        'raise Declined("busy", "busy") from busy',
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "Retry-After not heeded": Mutant(
        "answers.py",
        "return retry_after(said, _AGAIN_AFTER)",
        "return timedelta()",
        test_refunds.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "the reason kept to ourselves": Mutant(
        "answers.py",
        "        return refused.code\n",
        '        return "declined"\n',
        test_refunds.test_a_no_is_told_with_the_reason_of_the_provider,
    ),
    "the signature unchecked": Mutant(
        "webhooks.py",
        "    _verify(secrets, headers",
        "    (lambda *_: None)(secrets, headers",
        test_webhooks.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "the body unsigned": Mutant(
        "webhooks.py",
        'signed = times[0].encode() + b"." + body',
        'signed = times[0].encode() + b"."',
        test_webhooks.test_a_webhook_names_the_refund_by_our_key_and_by_theirs,
    ),
    "old signatures are good": Mutant(
        "webhooks.py",
        "if age_s > _GOOD_FOR.total_seconds():",
        "if False:",
        test_webhooks.test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused,
    ),
    "a lost dispute taken for an open one": Mutant(
        "webhooks.py",
        '"lost": DisputeStatus.LOST',
        '"lost": DisputeStatus.OPENED',
        lost,
    ),
    "a warning of fraud taken for a dispute": Mutant(
        "webhooks.py",
        "DisputeStatus.WARNING if about.object == _WARNING",
        "DisputeStatus.OPENED if about.object == _WARNING",
        test_stripe_disputes.test_a_warning_of_fraud_is_a_warning_and_says_no_amount,
    ),
    "a dispute found by the charge alone": Mutant(
        "webhooks.py",
        "(about.charge, about.payment_intent)",
        "(about.charge,)",
        test_stripe_disputes.test_it_names_the_charge_and_the_intent_and_how_much,
    ),
    "a chargeback taken for any no": Mutant(
        "answers.py",
        "DISPUTED if reason == _DISPUTED_MEANWHILE else ",
        "",
        test_stripe_disputes.test_a_pending_refund_that_a_dispute_overtakes_was_charged_back,
    ),
    "an id for each delivery": Mutant(
        "webhooks.py",
        "Callback(webhook.id, ",
        "Callback(f'{webhook.id}-{clock.now()}', ",
        test_webhooks.test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused,
    ),
    "the report forgets what changed": Mutant(
        "gateway.py",
        "changed[refund_id] = max(",
        "max(",
        test_stripe.test_the_report_knows_of_an_old_refund_that_has_failed_since,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    monkeypatch.syspath_prepend(tmp_path)
    adapter = loaded(gateways.stripe, mutant, tmp_path)

    async with peer_party("", adapter("gateway").StripeGateway) as party:
        party.heard_by = adapter("webhooks").hear
        await is_caught(mutant, party)
