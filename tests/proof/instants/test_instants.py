"""Two words in one instant, and many at once: exactly one wins, each counts once, and every answer is true."""

import asyncio

import pytest

from proof.instants.judge import Answer, Paid, Pair, Race, judge
from proof.instants.run import race
from proof.instants.words import say_many
from tests.shop import Shop
from tools.client import Json

RACES = 12
YES, NO = Answer(True, "cancelled"), Answer(False, "conflicting_state: too late")


async def test_of_two_words_in_one_instant_exactly_one_wins_and_both_answers_are_true(shop: Shop) -> None:
    races = [race(shop.http, shop.engine, pair, times=RACES, at_once=6, seed=1) for pair in Pair]

    tallies = await asyncio.gather(*races)

    assert [lie for tally in tallies for lie in tally.lies] == []
    assert [tally.races for tally in tallies] == [RACES] * len(Pair)


async def test_of_fifty_words_at_once_each_counts_once_and_what_is_refused_is_in_no_history(shop: Shop) -> None:
    heard = await say_many(shop.http, shop.engine, shop.temporal, words=50, at_once=50)

    assert heard.wrong == []
    assert (heard.repeated, heard.refused) == (5, 5)


def shown(status: str, *events: str) -> Json:
    return {"status": status, "timeline": [{"event": event} for event in events]}


UNTRUE: list[tuple[Pair, dict[str, Answer], Json, Paid]] = [
    (Pair.CANCEL_AND_PAYOUT, {"approve": YES, "cancel": YES}, shown("completed", "approved", "paid"), Paid(100, 1)),
    (Pair.CANCEL_AND_PAYOUT, {"approve": YES, "cancel": YES}, shown("cancelled", "approved"), Paid(100, 1)),
    (Pair.CANCEL_AND_PAYOUT, {"approve": YES, "cancel": NO}, shown("cancelled", "approved"), Paid()),
    (Pair.CANCEL_AND_PAYOUT, {"approve": YES, "cancel": NO}, shown("completed", "approved", "paid"), Paid(200, 2)),
    (Pair.CANCEL_AND_PAYOUT, {"approve": YES, "cancel": NO}, shown("rejected", "approved"), Paid()),
    (Pair.APPROVE_AND_CANCEL, {"approve": NO, "cancel": NO}, shown("completed", "approved", "paid"), Paid(100, 1)),
    (Pair.APPROVE_AND_CANCEL, {"approve": YES, "cancel": YES}, shown("cancelled"), Paid()),
    (Pair.SHIPMENT_AND_DEADLINE, {"shipment": YES}, shown("expired", "expired"), Paid()),
    (Pair.SHIPMENT_AND_DEADLINE, {"shipment": NO}, shown("in_transit", "shipped"), Paid()),
    (Pair.RECEIPT_AND_DEADLINE, {"receipt": NO}, shown("expired", "expired"), Paid()),
    (Pair.RECEIPT_AND_DEADLINE, {"receipt": YES}, shown("expired", "expired"), Paid()),
    (Pair.RECEIPT_AND_DEADLINE, {"receipt": YES}, shown("inspecting", "parcel_received", "parcel_received"), Paid()),
]


@pytest.mark.parametrize(("pair", "answers", "refund", "paid"), UNTRUE)
def test_an_answer_that_is_not_true_is_noticed(
    pair: Pair, answers: dict[str, Answer], refund: Json, paid: Paid
) -> None:
    assert judge(Race(pair, "r1", 100, 0.0, answers), refund, paid).lies != ()


def test_answers_that_are_true_are_not_complained_of() -> None:
    late = shown("in_review", "expired", "reopened", "parcel_received")

    paid = judge(
        Race(Pair.CANCEL_AND_PAYOUT, "r1", 100, 0.0, {"approve": YES, "cancel": NO}),
        shown("completed", "approved", "paid"),
        Paid(100, 1),
    )
    reopened = judge(Race(Pair.RECEIPT_AND_DEADLINE, "r1", 100, 0.0, {"receipt": YES}), late, Paid())

    assert (paid.winner, paid.lies) == ("payout", ())
    assert (reopened.winner, reopened.lies) == ("deadline", ())
