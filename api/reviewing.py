"""Who says something to a refund: noted with their key before its run hears it, unless they may not approve it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Services
from db import by_rule, keyed_words, locks, policies, reviews, staff_people
from db.api_keys import PERSON, Caller
from db.read_models import AssignedReview, Refund
from domain.money.amounts import Money
from domain.rights.approvals import why_not_theirs
from domain.rights.staff import may_be_one
from domain.said import Word
from workflows.contract import ReviewInput


async def admit(services: Services, caller: Caller, refund: Refund, said: object, word: Word) -> None:
    """Note the word of a caller, in whose name nobody else can say it; raises Problem (`other_approver_needed`)."""
    async with services.engine.begin() as connection:
        if isinstance(said, ReviewInput) and said.approves:
            policy = (await policies.current(connection, caller.merchant_id)).policy
            comes_to = refund.quote.read().comes_to
            others = Money(refund.currency, await by_rule.others_of_order(connection, refund))
            who = caller.identity, caller.person, str(caller.role)
            wrong = why_not_theirs(refund.asked_by, policy, *who, comes_to + others)
            wrong = wrong or await _why_perhaps_one(connection, caller, refund)
            if wrong:
                raise problems.other_approver_needed(wrong)
        if isinstance(said, ReviewInput):
            await _refuse_if_others_are_at_it(connection, caller, refund, word)
        await keyed_words.note(connection, refund.refund_id, word, caller.key_id, caller.person)


async def _refuse_if_others_are_at_it(connection: AsyncConnection, caller: Caller, refund: Refund, word: Word) -> None:
    """Raise Problem (`conflicting_state`) where another reviewer is at it, unless this very word was said before."""
    other = await reviews.of_another(connection, refund.refund_id, caller.identity)
    if other is not None and not await keyed_words.is_noted(connection, refund.refund_id, word):
        raise problems.conflicting_state(by_another(other))


def by_another(assigned: AssignedReview) -> str:
    until = assigned.expires_at.isoformat(timespec="seconds")
    return f"{assigned.name} is at this review until {until}: nobody else decides before that, unless they put it back"


async def _why_perhaps_one(connection: AsyncConnection, caller: Caller, refund: Refund) -> str | None:
    """Say why nobody can know that this reviewer is another human than who asked, or who spoke before; else None.

    Where several have to approve, they take turns: each sees whoever spoke before.
    """
    before = [each for each in (refund.asked_by,) if each is not None and each.startswith(PERSON)]
    if refund.approvals_needed > 1:
        await locks.hold(connection, "reviewers", refund.refund_id)
        before += await keyed_words.reviewers(connection, refund.refund_id)
    if not before:
        return None
    people = [each.removeprefix(PERSON) for each in (*before, caller.identity) if each.startswith(PERSON)]
    known = await staff_people.who_sign_in(connection, caller.merchant_id, people)
    other = may_be_one(caller.identity, before, frozenset(PERSON + each for each in known))
    if other is None:
        return None
    return (
        f"nobody can know that you and {other.removeprefix(PERSON)} are two: one of you signs in, the other has an API "
        "key. Let both sign in, or have an owner say in `people` of the identity provider who it is"
    )
