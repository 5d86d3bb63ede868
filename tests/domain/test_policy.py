"""A merchant who says nothing gets the defaults of the rulebook."""

from dataclasses import fields
from enum import StrEnum

import pytest

from domain.claims.reasons import Reason
from domain.durations import IsoDuration, span
from domain.policy import AutoApprove, Policy, RefundLimit, ShippingRefund


def test_of_every_choice_the_first_one_is_the_default() -> None:
    chosen = [getattr(Policy(), field.name) for field in fields(Policy)]
    choices = [choice for choice in chosen if isinstance(choice, StrEnum)]

    assert choices == [next(iter(type(choice))) for choice in choices]
    assert len(choices) == 11


def test_shipping_comes_back_at_the_merchants_fault_and_else_with_a_full_return() -> None:
    assert Policy().shipping_refund == {
        Reason.QUALITY_ISSUE: ShippingRefund.ALWAYS,
        Reason.DELIVERY_ERROR: ShippingRefund.ALWAYS,
        Reason.MERCHANT_BREACH: ShippingRefund.ALWAYS,
        Reason.CHANGED_MIND: ShippingRefund.FULL_RETURN,
    }


def test_nothing_is_charged_and_nothing_is_waived() -> None:
    assert (Policy().restocking_fee_bp, Policy().return_shipping_fee, Policy().returnless_below) == (0, 0, 0)


def test_only_small_refunds_of_little_risk_at_the_merchants_fault_need_no_reviewer() -> None:
    at_fault = (Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH)

    assert Policy().auto_approve == AutoApprove(at_fault, max_amount=200_00, max_risk=30)
    assert Policy().refund_limit == RefundLimit(5, IsoDuration("P30D"))


@pytest.mark.parametrize(
    ("name", "duration"),
    [
        ("return_window", "P30D"),
        ("review_sla", "PT72H"),
        ("response_target", "PT5M"),
        ("return_deadline", "P7D"),
        ("inspection_sla", "PT72H"),
        ("pickup_within", "PT24H"),
        ("suspension", "P30D"),
        ("bulk_grace", "PT10M"),
    ],
)
def test_everybody_gets_the_time_that_the_rulebook_gives_them(name: str, duration: str) -> None:
    assert getattr(Policy(), name) == duration
    assert span(getattr(Policy(), name))
