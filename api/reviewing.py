"""Who decides about a refund: noted with their key before its run hears it, unless they may not approve it."""

from api import problems
from api.access import Services
from db import by_rule, keyed_words, policies
from db.api_keys import Caller
from db.read_models import Refund
from domain.money.amounts import Money
from domain.rights.approvals import why_not_theirs
from domain.said import Word
from workflows.contract import ReviewInput


async def admit(services: Services, caller: Caller, refund: Refund, said: ReviewInput, word: Word) -> None:
    """Note the word of a reviewer, in whose name nobody else can say it; raises Problem (`other_approver_needed`)."""
    async with services.engine.begin() as connection:
        if said.approves:
            policy = (await policies.current(connection, caller.merchant_id)).policy
            comes_to = refund.quote.read().comes_to
            others = Money(refund.currency, await by_rule.others_of_order(connection, refund))
            who = caller.identity, caller.person, str(caller.role)
            wrong = why_not_theirs(refund.asked_by, policy, *who, comes_to + others)
            if wrong:
                raise problems.other_approver_needed(wrong)
        await keyed_words.note(connection, refund.refund_id, word, caller)
