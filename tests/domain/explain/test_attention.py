"""Calls for help say what waits, how much to whom, and the very words that answer."""

import json

import pytest

from domain.explain.attention import INSPECTION, RECEIPT, REVIEW, Stuck, answers, for_the_inbox, to_do, what_is_stuck
from domain.money.amounts import Money

SHARE = Stuck("rf_1", "o1", Money("CNY", 60_000), "p1", "re_1")
WHOLE = Stuck("rf_1", "o1", Money("CNY", 60_000))


def test_the_share_of_a_payment_is_named_with_its_reference() -> None:
    assert what_is_stuck(SHARE) == "¥600.00 to payment p1 (at the provider: re_1) of order o1"


def test_what_nobody_has_asked_the_provider_for_has_no_reference() -> None:
    assert what_is_stuck(Stuck("rf_1", "o1", Money("EUR", 1), "p1")) == "0.01 EUR to payment p1 of order o1"


def test_where_no_payment_is_stuck_the_refund_is() -> None:
    assert what_is_stuck(WHOLE) == "¥600.00 of order o1"


def test_every_answer_is_spelled_out_for_http_and_for_temporal() -> None:
    retry, settle = answers("rf_1", "pay_out", ("retry", "settle"))

    assert (retry.action, settle.action) == ("retry", "settle")
    assert settle.path == "/v1/refunds/rf_1/resolution" and settle.update == "resolve"
    assert json.loads(settle.body) == {"step": "pay_out", "action": "settle", "note": "what you did, or why"}
    assert json.loads(settle.said) == json.loads(settle.body) | {"by": "your name"}


def test_a_transfer_is_answered_with_the_banks_reference_or_has_failed() -> None:
    settle, failed = answers("rf_1", "pay_out", ("settle", "failed"))

    assert json.loads(settle.body)["reference"] == "what the bank calls the transfer"
    assert json.loads(failed.body) == {"step": "pay_out", "action": "failed", "note": "what you did, or why"}


def test_a_review_is_answered_by_a_decision() -> None:
    approve, reject = answers("rf_1", REVIEW, (REVIEW,))

    assert approve.path == "/v1/refunds/rf_1/review" and approve.update == "review"
    assert [json.loads(each.said)["decision"] for each in (approve, reject)] == ["approve", "reject"]


@pytest.mark.parametrize(("step", "nothing"), [(RECEIPT, "received"), (INSPECTION, "lines")])
def test_the_warehouse_answers_that_everything_is_here_and_good(step: str, nothing: str) -> None:
    (answer,) = answers("rf_1", step, (step,))

    assert answer.path == f"/v1/refunds/rf_1/{step}" and json.loads(answer.body) == {}
    assert answer.update == step and json.loads(answer.said) == {nothing: [], "actor": "your name"}


def test_one_message_says_all_of_it() -> None:
    said = for_the_inbox(SHARE, "pay_out", "p1 was declined: card_closed", ("retry", "settle"))

    assert said.startswith("pay_out: p1 was declined: card_closed. It is about ¥600.00 to payment p1")
    assert 'POST /v1/refunds/rf_1/resolution {"step": "pay_out", "action": "settle"' in said


def test_the_details_in_the_temporal_ui_have_a_line_for_each_answer() -> None:
    lines = to_do(SHARE, "pay_out", ("retry", "settle")).splitlines()

    assert lines[0] == "about ¥600.00 to payment p1 (at the provider: re_1) of order o1, one of"
    assert [line.partition("**")[2].partition("**")[0] for line in lines[2:]] == ["retry", "settle"]
