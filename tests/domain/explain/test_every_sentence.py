"""Whatever comes of a refund can be said in every language that is shipped (rule 38)."""

import random

from hypothesis import given

from domain.explain.explanations import Explanation, Phrase
from domain.explain.sentences import sentence
from tests.domain.generated_customers import read_policy, read_shopper
from tests.domain.generated_orders import read_order
from tests.domain.languages import LANGUAGES
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories, read_at_provider, read_history
from tests.domain.tapes import Tape


@given(desks(), histories())
def test_every_explanation_is_said_in_every_language_without_a_brace_left_over(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for settlement in desk.settled.values():
        for explanation in settlement.explanations:
            check_it_can_be_said(explanation)


def check_it_can_be_said(explanation: Explanation) -> None:
    for phrases in LANGUAGES.values():
        text = sentence(explanation, phrases)
        assert text
        assert not set("{}") & set(text)


def test_there_is_a_refund_for_every_phrase() -> None:
    dice, unheard = random.Random(12), set(Phrase)
    for _ in range(3_000):
        desk = _a_desk_played(dice)
        unheard -= {each.phrase for one in desk.settled.values() for each in one.explanations}
        if not unheard:
            return
    assert unheard == set()


def _a_desk_played(dice: random.Random) -> Desk:
    order, policy = read_order(Tape(dice.randbytes(190))), read_policy(Tape(dice.randbytes(59)))
    desk = Desk(order, policy, read_shopper(Tape(dice.randbytes(80)), order))
    more = Tape(dice.randbytes(30))
    desk.at_providers = tuple(read_at_provider(more, each) for each in order.payments)
    play(desk, read_history(Tape(dice.randbytes(100))))
    desk.refund_all_that_is_left(dice.choice(list(policy.shipping_refund)))
    return desk
