"""What a provider allows of refunds of one payment: how late, how many, how far apart (rule 11)."""

from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.explain.explanations import Figure
from domain.explain.sentences import sentence
from domain.payout.choice import RefundTo
from domain.payout.limits import NO_LIMITS, Barred, Limit, PaymentAtProvider, RefundLimits, barred
from domain.policy import DeclinedTender, Policy
from tests.domain.builders import a_payment, an_order
from tests.domain.languages import LANGUAGES
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.strategies import desks, histories, read_at_provider
from tests.domain.tapes import Tape

PAID_AT = datetime(2025, 11, 20, 8, 0, tzinfo=UTC)
A_YEAR = RefundLimits(within_days=365)
numbers = st.none() | st.integers(0, 400)
moments = st.integers(0, 10**8).map(lambda seconds: PAID_AT + timedelta(seconds=seconds))


# Rule 11: what a provider does not pay back


def test_a_payment_is_paid_back_until_its_last_second() -> None:
    last = PAID_AT + timedelta(days=365)

    assert A_YEAR.broken_by(0, PAID_AT, last) is None
    assert A_YEAR.broken_by(0, PAID_AT, last + timedelta(seconds=1)) is Limit.AGE


def test_a_contract_stands_in_place_of_what_the_provider_says_of_everybody() -> None:
    published = RefundLimits(365, 50, 60)

    assert published.overridden_by(NO_LIMITS) == published
    assert published.overridden_by(RefundLimits(within_days=90)) == RefundLimits(90, 50, 60)
    assert published.overridden_by(RefundLimits(730, 5, 0)) == RefundLimits(730, 5, 0)
    assert NO_LIMITS.overridden_by(A_YEAR) == A_YEAR


def test_how_old_a_payment_is_nobody_knows_without_its_day() -> None:
    assert A_YEAR.broken_by(0, None, NOW + timedelta(days=9_999)) is None


def test_one_refund_more_than_the_provider_takes_is_too_many() -> None:
    fifty = RefundLimits(most_refunds=50)

    assert fifty.broken_by(49, PAID_AT, NOW) is None
    assert fifty.broken_by(50, PAID_AT, NOW) is Limit.COUNT


def test_each_limit_is_told_with_its_own_number() -> None:
    none_at_all = RefundLimits(within_days=365, most_refunds=0)

    assert [none_at_all.at_most(limit) for limit in (Limit.AGE, Limit.COUNT)] == [365, 0]


def test_the_next_refund_waits_for_its_turn() -> None:
    a_minute = RefundLimits(seconds_between=60)

    assert a_minute.turn_after(NOW, NOW + timedelta(seconds=59)) == NOW + timedelta(seconds=60)
    assert a_minute.turn_after(NOW, NOW + timedelta(seconds=60)) is None
    assert a_minute.turn_after(None, NOW) is None
    assert NO_LIMITS.turn_after(NOW, NOW) is None


def test_only_the_payment_that_is_limited_is_judged() -> None:
    known = [PaymentAtProvider("p1", A_YEAR), PaymentAtProvider("p2", A_YEAR, 3)]
    late = PAID_AT + timedelta(days=400)

    assert barred(known, "p2", PAID_AT, late, DeclinedTender.HOLD) == Barred(Limit.AGE, 365, DeclinedTender.HOLD)
    assert barred(known, "p2", PAID_AT, NOW, DeclinedTender.HOLD) is None
    assert barred(known, "p3", PAID_AT, late, DeclinedTender.HOLD) is None


@pytest.mark.parametrize(("limit", "words"), [(Limit.AGE, "within 7 days"), (Limit.COUNT, "at most 7 refunds")])
def test_the_house_reads_the_rule_with_its_number(limit: Limit, words: str) -> None:
    assert words in Barred(limit, 7, DeclinedTender.HOLD).in_words


@given(st.builds(RefundLimits, numbers, numbers, numbers), st.integers(0, 60), moments, moments, st.integers(0, 10**8))
def test_what_is_refused_is_refused_for_ever_and_a_turn_comes_in_time(
    limits: RefundLimits, refunds: int, paid_at: datetime, at: datetime, later_s: int
) -> None:
    later = at + timedelta(seconds=later_s)
    turn = limits.turn_after(at, later)

    if limits.broken_by(refunds, paid_at, at):
        assert limits.broken_by(refunds, paid_at, later) and limits.broken_by(refunds + 1, paid_at, at)
    assert turn is None or (later < turn and limits.turn_after(at, turn) is None)
    assert bool(limits) is any(each is not None for each in astuple(limits))


# Rule 11 in a settlement


def a_desk(declined_tender: DeclinedTender, *known: PaymentAtProvider) -> Desk:
    order = an_order(payments=[a_payment("p1", 60_00), a_payment("p2", 40_00)])
    desk = Desk(replace(order, paid_at=NOW - timedelta(days=400)), Policy(declined_tender=declined_tender))
    desk.at_providers = known
    return desk


@pytest.mark.parametrize("instead", DeclinedTender)
@pytest.mark.parametrize("limits", [A_YEAR, RefundLimits(most_refunds=0)])
def test_a_quote_says_which_share_its_provider_does_not_pay_and_all_else_is_as_without(
    instead: DeclinedTender, limits: RefundLimits
) -> None:
    settled = a_desk(instead, PaymentAtProvider("p2", limits)).refund()
    without = a_desk(instead).refund()

    assert [each.barred is None for each in settled.payouts] == [True, False]
    assert [replace(each, barred=None) for each in settled.payouts] == list(without.payouts)
    assert (settled.total, settled.credit_bonus) == (without.total, without.credit_bonus)
    [said] = [each for each in settled.explanations if (each.figure, each.subject) == (Figure.PAYOUT, "p2")]
    assert f"{instead}".removeprefix("store_") in said.phrase
    assert all(str(limits.at_most(Limit.AGE)) in sentence(said, phrases) for phrases in LANGUAGES.values())


@given(desks(), histories(), st.binary(min_size=30, max_size=30))
def test_limits_change_no_figure_whatever_the_refund(desk: Desk, steps: list[Step], numbers: bytes) -> None:
    tape = Tape(numbers)
    desk.at_providers = tuple(read_at_provider(tape, payment) for payment in desk.order.payments)
    play(desk, steps)
    desk.refund_all_that_is_left()

    for past in desk.past:
        without = replace(past.basis, terms=replace(past.basis.terms, at_providers=()))
        order, sale = past.sold or (desk.order, desk.sale)
        limited, plain = (each.work_out(order, sale, desk.policy) for each in (past.basis, without))
        assert replace(limited, payouts=tuple(replace(each, barred=None) for each in limited.payouts)) == plain
        assert all(each.goes_to is RefundTo.ORIGINAL for each in limited.payouts if each.barred)


@pytest.mark.parametrize("chosen", [RefundTo.STORE_CREDIT, RefundTo.BANK_TRANSFER])
def test_what_does_not_go_back_by_the_provider_is_not_judged(chosen: RefundTo) -> None:
    desk = a_desk(DeclinedTender.HOLD, PaymentAtProvider("p1", A_YEAR))

    settled = desk.refund(refund_to=chosen)

    assert [each.barred for each in settled.payouts] == [None, None]
