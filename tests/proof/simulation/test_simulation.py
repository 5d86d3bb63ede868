"""The simulator itself: it finds nothing in the saga, it finds mutants, and what it finds can be repeated."""

import logging
from collections.abc import Iterator

import pytest

from domain.sale.disputes import DisputeStatus
from proof.simulation.choices import Choices
from proof.simulation.hunt import MUTANTS, find
from proof.simulation.mutation import Mutant, MutantNotPossible, WorkflowMutant, mutated
from proof.simulation.mute_progress import silence
from proof.simulation.parcels import Came, Sent
from proof.simulation.payments import Paid
from proof.simulation.scenario import COURSES, COURSES_NOT_LOST, draw
from proof.simulation.schedule import play
from proof.simulation.shrinking import shrink
from proof.simulation.story import story
from proof.simulation.wares import PLAIN, Edit, Extra, Parts, SoldAs


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with silence():
        yield
    logging.disable(logging.NOTSET)


def mutant(name: str) -> Mutant:
    return next(each for each in MUTANTS if each.name == name)


def test_two_thousand_schedules_leave_the_books_in_order() -> None:
    played = [play(Choices(seed)) for seed in range(2_000)]

    assert [each.wrongs for each in played if each.wrongs] == []
    assert len({each.fingerprint for each in played}) > 1_500


@pytest.mark.parametrize(
    "seed",
    [
        8_510_052,
        8_709_531,
        803_060_356,
        810_010_140,
        822_070_752,
        961_012_479,
        970_736_234,
        971_040_377,
        971_062_615,
        980_045_401,
        1_100_000_349,
        1_100_106_840,
        1_100_254_964,
        3_300_693_274,
        3_300_837_877,
        3_300_878_644,
    ],
)
def test_schedules_that_were_told_wrong_once_leave_the_books_in_order(seed: int) -> None:
    assert play(Choices(seed)).wrongs == ()


def test_every_way_to_sell_something_occurs() -> None:
    kinds = [draw(Choices(seed)).kind for seed in range(2_000)]

    assert {each.sold_as for each in kinds} == set(SoldAs)
    assert {each.extra for each in kinds} == set(Extra)
    assert {each.parts for each in kinds} == set(Parts)
    assert {each.sent for each in kinds} == set(Sent)
    assert {each.came for each in kinds} == set(Came)
    assert {each.paid for each in kinds} == set(Paid)
    assert {each.edit for each in kinds} == set(Edit)
    assert sum(each != PLAIN for each in kinds) < len(kinds) / 3


def test_orders_change_while_their_refunds_are_under_way() -> None:
    played = [play(Choices(seed)) for seed in range(2_000) if draw(Choices(seed)).kind.edit]
    told = [each for schedule in played for each in schedule.told]

    assert told.count(("the order", "is sold differently")) > len(played) / 3
    assert ("the order", "can't be sold differently") in told
    kinds = [each.scenario.kind for each in played]
    assert {each.paid for each in kinds} == set(Paid) and {each.is_foreign for each in kinds} == {True, False}
    assert {each.parts for each in kinds} == set(Parts) and {each.sent for each in kinds} == set(Sent)


def test_what_was_not_paid_yet_is_paid_while_refunds_are_under_way() -> None:
    paid = [play(Choices(seed)) for seed in range(3_000) if draw(Choices(seed)).kind.edit is Edit.PAID]
    own = [each for each in paid if any(told[0].startswith("P") and told[1:2] == ("starts",) for told in each.told)]

    assert {each.scenario.kind.paid for each in own} == {Paid.PARTLY, Paid.HARDLY, Paid.NOT_CAPTURED}
    assert any(("the order", "can't be sold differently") in each.told for each in paid)
    assert [each.wrongs for each in paid if each.wrongs] == []


def test_few_orders_have_disputed_payments_and_every_course_occurs() -> None:
    few = [each for seed in range(2_000) if (each := draw(Choices(seed)).disputes)]
    all_ = [draw(Choices(seed, disputes=1.0)) for seed in range(500)]
    odd = [each for each in all_ if each.kind != PLAIN and not (each.is_rich or each.kind.may_be_lost)]
    others = [each for each in all_ if each.kind == PLAIN or each.is_rich]
    courses = [{dispute.course for each in some for dispute in each.disputes} for some in (odd, others)]
    of_rich = {dispute.course for each in all_ if each.is_rich for dispute in each.disputes}
    of_few_rich = [so for seed in range(4_000) if (so := draw(Choices(seed))).is_rich and so.may_be_lost]

    assert 20 < len(few) < 200
    assert {dispute.is_whole for each in all_ for dispute in each.disputes} == {True, False}
    assert courses == [set(COURSES_NOT_LOST), {*COURSES, *COURSES_NOT_LOST}]
    assert of_rich == {*COURSES, *COURSES_NOT_LOST}
    assert {bool(each.wares.parcels) for each in of_few_rich} == {True, False}
    assert 10 < len(of_few_rich) < 100


def test_a_thousand_orders_with_disputed_payments_leave_the_books_in_order() -> None:
    played = [play(Choices(seed, disputes=1.0)) for seed in range(1_000)]

    assert [each.wrongs for each in played if each.wrongs] == []


def test_orders_as_shops_have_them_lose_disputes_and_leave_the_books_in_order() -> None:
    kinds = {seed: each for seed in range(8_000) if (each := draw(Choices(seed, disputes=1.0))).kind.may_be_lost}
    lost = [seed for seed, each in kinds.items() if each.may_be_lost and each.kind != PLAIN and not each.is_rich]
    of = [kinds[seed].kind for seed in lost]
    played = [play(Choices(seed, disputes=1.0)) for seed in lost]
    courses = {dispute.course for seed in lost for dispute in kinds[seed].disputes}

    assert courses == {each for each in COURSES if DisputeStatus.LOST in each}
    assert {each.sold_as for each in of} == set(SoldAs) and {each.extra for each in of} == set(Extra)
    assert {each.parts for each in of} == set(Parts) and {each.sent for each in of} == set(Sent)
    assert {each.came for each in of} == set(Came) and {each.is_foreign for each in of} == {True, False}
    assert {each.edit for each in of} == set(Edit) - {Edit.PAID}
    assert any(("the order", "is sold differently") in each.told for each in played)
    assert [each.wrongs for each in played if each.wrongs] == []


@pytest.mark.parametrize("seed", [300_026])
def test_disputes_that_were_told_wrong_once_leave_the_books_in_order(seed: int) -> None:
    assert play(Choices(seed, disputes=1.0)).wrongs == ()


def test_few_orders_go_back_by_bank_transfer_and_some_of_that_comes_back() -> None:
    few = [seed for seed in range(2_000) if draw(Choices(seed)).is_to_bank]
    played = [play(Choices(seed, transfers=1.0)) for seed in range(1_000)]
    sent_back = [each for each in played if any(told[:2] == ("the bank", "sends back") for told in each.told)]

    assert 60 < len(few) < 250
    assert len(sent_back) > 20
    assert [each.wrongs for each in played if each.wrongs] == []


@pytest.mark.parametrize("seed", [104_153, 5_001_067, 5_020_026])
def test_transfers_that_were_told_wrong_once_leave_the_books_in_order(seed: int) -> None:
    assert play(Choices(seed, transfers=1.0)).wrongs == ()


def test_the_same_seed_is_the_same_schedule() -> None:
    assert play(Choices(77)) == play(Choices(77))


def test_a_schedule_is_played_back_by_its_decisions() -> None:
    played = play(Choices(78))

    assert play(Choices(0, played=played.made)) == played


@pytest.mark.parametrize(
    "name",
    [
        "what was held is never released",
        "a declined tender is dropped",
        "a cancellation is answered at once",
        "nothing is withdrawn after a late failure",
        "the workflow throws dice",
        "tombstones are ignored",
        "the payout's key is made of the attempt",
        "points are taken back for each part by itself",
        "a fee comes back with each part",
        "one parcel brings back what sending the other cost",
        "each part is converted by itself",
        "what is claimed is sold anew with the rest",
        "a held share asks the provider, or is credited",
        "a lost dispute takes back twice",
        "a dispute heard twice is two losses",
        "a won dispute gives nothing back",
        "a loss that is won is asked for by a run that has not heard of it",
        "what is lost of the shipping comes back all the same",
        "the same key counts twice",
        "the first of two approvals approves",
        "what came back before is not told",
    ],
)
def test_a_mutant_is_found_within_a_thousand_schedules(name: str) -> None:
    assert find(mutant(name), 1, 1_000) is not None


@pytest.mark.parametrize("changed", MUTANTS, ids=lambda each: each.name)
def test_what_a_mutant_changes_is_still_there(changed: Mutant) -> None:
    """Else nothing is said of it any more, and the next `make simulate-mutants` stops at it."""
    with mutated(changed):
        pass


def test_a_mutant_is_told_as_a_short_story_that_can_be_played_again() -> None:
    held = mutant("what was held is never released")
    found = find(held, 1, 1_000)
    assert found is not None
    count, played = found

    with mutated(held) as workflow:
        short = shrink(played, workflow)
        again = play(Choices(0, played=short.made), workflow)
    told = story(count, short)

    assert again == short and short.wrongs
    assert len(short.told) <= len(played.told)
    assert "was closed before it was released" in told and f"SEED={count}" in told


def test_mutating_leaves_the_real_saga_alone() -> None:
    with mutated(mutant("a declined tender is dropped")):
        pass

    assert play(Choices(2)).wrongs == ()


def test_a_mutant_that_the_saga_has_outgrown_is_an_error_and_not_a_success() -> None:
    outgrown = WorkflowMutant("of another time", "saga.Saga.undo_with", "this_is_nowhere()", "pass")

    with pytest.raises(MutantNotPossible), mutated(outgrown):
        pass
