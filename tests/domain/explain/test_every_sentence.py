"""Whatever comes of a refund can be said in every language that is shipped (rule 38)."""

import random
from dataclasses import dataclass
from typing import Self

from hypothesis import given

from domain.claims.reasons import Reason
from domain.explain.explanations import Explanation, Phrase
from domain.explain.sentences import sentence
from domain.policy import Policy
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


SPOKEN_BY = (3, 19, 148, 184, 223, 439, 975, 1017, 1076, 1238, 1296, 1822, 1849, 2269)
"""Of 3,000 desks those that speak rarely heard phrases: asked first, so that the others need not be played."""


def test_there_is_a_refund_for_every_phrase() -> None:
    dice, unheard = random.Random(12), set(Phrase)
    drawn = [Drawn.from_dice(dice) for _ in range(3_000)]
    for desk in (drawn[place].played() for place in (*SPOKEN_BY, *range(len(drawn)))):
        unheard -= {each.phrase for one in desk.settled.values() for each in one.explanations}
        if not unheard:
            return
    assert unheard == set()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a desk is made of, before it is played. reason: why all that is left is asked for in the end."""

    order: bytes
    policy: Policy
    shopper: bytes
    at_providers: bytes
    history: bytes
    reason: Reason

    @classmethod
    def from_dice(cls, dice: random.Random) -> Self:
        order, policy = dice.randbytes(190), read_policy(Tape(dice.randbytes(59)))
        shopper, at_providers, history = (dice.randbytes(length) for length in (80, 30, 100))
        return cls(order, policy, shopper, at_providers, history, dice.choice(list(policy.shipping_refund)))

    def played(self) -> Desk:
        order = read_order(Tape(self.order))
        desk = Desk(order, self.policy, read_shopper(Tape(self.shopper), order))
        more = Tape(self.at_providers)
        desk.at_providers = tuple(read_at_provider(more, each) for each in order.payments)
        play(desk, read_history(Tape(self.history)))
        desk.refund_all_that_is_left(self.reason)
        return desk
