"""Looks at the books after a schedule, and at nothing else: money, value, promises."""

from collections import Counter
from collections.abc import Iterator

from domain.claims.claims import ClaimState
from domain.explain.messages import Topic
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.rights.review import Decision
from domain.said import WordKind
from domain.steps import Step
from gateways.ports import GatewayStatus
from proof.simulation.books import Books
from proof.simulation.credit import granted_credit
from proof.simulation.dispute_auditor import audit_grants, audit_held, audit_losses
from proof.simulation.figures import COUPON_GRANTED, GIFT_VALUE, GRANT, TIME_LEFT_S, UNITS
from proof.simulation.losses import due
from proof.simulation.model_entitlements import is_line_back
from proof.simulation.moves import key_of
from proof.simulation.payment_audit import is_beyond
from proof.simulation.play import Play
from proof.simulation.refund_book import BookedPayout, RefundBook, WordRow
from proof.simulation.scenario import ProviderBehaviour
from proof.simulation.systems_audit import audit_systems
from proof.simulation.transfer_audit import audit_transfers
from proof.simulation.ware_audit import audit_wares, points_due
from proof.simulation.wares import GIFT


def audit(world: Play) -> list[str]:
    """List everything that is wrong; nothing at all in a world that is in order."""
    found = list(world.books.wrongs)
    found += _money(world.books)
    for refund in world.books.refunds.values():
        found += (f"{refund.refund_id}: {what}" for what in _refund(world.books, refund))
    found += _promises(world)
    found += audit_held(world.books)
    found += _lost(world.books) if world.scenario.may_be_lost else _value(world.books)
    found += _told(world.books)
    found += audit_transfers(world)
    found += audit_systems(world.books)
    return found


def _money(books: Books) -> Iterator[str]:
    """Nothing is paid twice, and never more than was captured (rules 6 and 36)."""
    for payment_id, captured in books.provider.captured.items():
        paid = books.provider.paid(payment_id)
        credited = sum(amount for (to, _), amount in books.credited.items() if to == payment_id)
        chosen = sum(amount for (to, _), amount in books.credited_by_choice.items() if to == payment_id)
        was_asked = not (books.scenario.is_to_bank and payment_id == "p0")
        if credited and was_asked and books.provider.behaviours[payment_id] is ProviderBehaviour.DISPUTED:
            yield f"{payment_id} was charged back and credited as well"
        elsewhere = sum(
            each.payouts[payment_id].amount
            for each in books.refunds.values()
            if payment_id in each.payouts and each.payouts[payment_id].paid_by is PaidBy.EXTERNAL
        )
        # Who pays it back elsewhere goes by books that may have come from a copy which knows less than the provider.
        unknown = sum(each.amount for each in books.provider.of_payment(payment_id) if each.key in books.paid_unknown)
        if is_beyond(books, payment_id, paid + max(0, elsewhere - unknown), credited + chosen):
            moved = f"{paid} paid, {credited + chosen} credited and {elsewhere} paid elsewhere"
            yield f"{moved} of {captured} captured on {payment_id}"
    shares = [each.key.rpartition("-")[0] for each in books.provider.refunds if each.status is not GatewayStatus.FAILED]
    for share in {share for share in shares if shares.count(share) > 1}:
        yield f"{share} was paid twice"
    if books.coupon not in (0, 1):
        yield f"the coupon was given back {books.coupon} times"
    if books.coupon and not books.all_paid:
        yield "the coupon is back although not all of the order is paid back"


def _refund(books: Books, refund: RefundBook) -> Iterator[str]:
    if not refund.status.is_final:
        seen = "with a call for help" if refund.attention else "and nobody was told"
        yield f"is stuck as {refund.status} {seen}"
        return
    if refund.attention is not None:
        yield "is over and still asks for attention"
    moved = (
        ("points", refund.points, "withdraw_points"),
        ("rewards", refund.rewards, "give_rewards_again"),
        ("grants", refund.grants, "grant_again"),
    )
    for name, count, undo in moved:
        if count not in (0, 1) and undo not in refund.by_hand:
            yield f"{name} moved {count} times"
    if len(books.carrier.good(refund.refund_id)) > 1:
        yield "has several labels that are good"
    yield from _completed(books, refund) if refund.status is RefundStatus.COMPLETED else _stopped(books, refund)
    yield from _elsewhere(books, refund)


def _standing(refund: RefundBook) -> list[WordRow]:
    return [row for row in refund.words.values() if row.overruled is None]


def _completed(books: Books, refund: RefundBook) -> Iterator[str]:
    by_hand = refund.by_hand
    for payout in refund.payouts.values():
        if payout.status is not PayoutStatus.SUCCEEDED:
            yield f"is complete, but {payout.payment_id} is {payout.status}"
        yield from _as_the_provider_says(books, payout)
    cancels = [row for row in _standing(refund) if row.word.kind is WordKind.CANCEL and row.round == refund.round]
    if refund.round in refund.called_off and cancels:
        yield "is complete, but was called off"
    if refund.bonus != refund.bonus_due:
        yield f"is complete, but {refund.bonus} was given on top of credit by choice, not {refund.bonus_due}"
    if refund.claims is not ClaimState.PAID:
        yield f"is complete, but its claims are {refund.claims}"
    if refund.settled_for != due(refund):
        yield f"was settled for {refund.settled_for}, but {due(refund)} was accepted, or lost and to be paid"
    if not refund.points and _moves_points(refund) and "restore_points" not in by_hand:
        yield "is complete, but its points were not restored"
    if not refund.rewards and "recalculate_campaigns" not in by_hand:
        yield "is complete, but its campaigns were not recalculated"
    takes = refund.settled is not None and refund.settled.takes_grants
    if books.scenario.is_rich and takes and not refund.grants and "withdraw_grants" not in by_hand:
        yield "is complete, but what the order granted was not taken back"
    if refund.held == "held" and not by_hand & {"restore_points", "recalculate_campaigns"}:
        yield "is complete, but still holds value"
    skipped = any("reinstate_coupons" in {step for step, _ in each.resolved} for each in books.refunds.values())
    if books.all_paid and not books.coupon and not skipped:
        yield "is complete and the whole order is paid back, but the coupon is not"


def _moves_points(refund: RefundBook) -> bool:
    return refund.settled is not None and bool(refund.settled.points or refund.settled.clawed_back)


def _as_the_provider_says(books: Books, payout: BookedPayout) -> Iterator[str]:
    found = books.provider.by_key(payout.key)
    is_paid = found is not None and found.status is GatewayStatus.SUCCEEDED
    if payout.paid_by is PaidBy.GATEWAY and not is_paid:
        yield f"is complete, but the provider did not pay {payout.payment_id}"
    if (payout.is_to_credit or payout.is_to_bank) and payout.paid_by is PaidBy.GATEWAY:
        yield f"is complete, but the provider paid {payout.payment_id}, which the customer wanted another way"
    credited = (books.credited | books.credited_by_choice).get((payout.payment_id, payout.key))
    if payout.paid_by is PaidBy.STORE_CREDIT and credited != payout.worth:
        yield f"is complete, but {payout.payment_id} was credited with {credited}"


def _elsewhere(books: Books, refund: RefundBook) -> Iterator[str]:
    """Nobody asks a provider for money that went back elsewhere."""
    if refund.refund_id == books.scenario.external:
        for paid in books.provider.refunds:
            if paid.key.startswith(f"{refund.refund_id}-"):
                yield f"was paid elsewhere, and {paid.payment_id} was asked for it once more"


def _stopped(books: Books, refund: RefundBook) -> Iterator[str]:
    """A refund that was refused, cancelled or let expire gave nothing and took nothing."""
    by_hand = refund.by_hand
    is_called_off = any(row.word.kind is WordKind.CANCEL for row in _standing(refund))
    is_given_up = refund.is_loss or refund.is_cancelled_in_temporal
    if refund.status is RefundStatus.CANCELLED and not (is_called_off or is_given_up):
        yield "is cancelled, and nobody's word says so"
    if refund.claims is not ClaimState.RELEASED and not by_hand & {"release_claims", "release_settlement"}:
        yield f"is {refund.status}, but its claims are {refund.claims}"
    if refund.held == "held" and "release_settlement" not in by_hand:
        yield f"is {refund.status}, but still holds value"
    good = {(refund.refund_id, number) for number in books.carrier.good(refund.refund_id)} - books.labels_unknown
    if good and "void_return" not in by_hand:
        yield f"is {refund.status}, but its label is good"
    if refund.bonus:
        yield f"is {refund.status}, but {refund.bonus} was given on top of credit"
    is_left = refund.is_loss and by_hand & {"withdraw_points", "give_rewards_again", "grant_again"}
    if (refund.points or refund.rewards or refund.grants or refund.is_discount_back) and not is_left:
        yield f"is {refund.status}, but points, rewards or what was granted moved"
    for payout in refund.payouts.values():
        if payout.status is PayoutStatus.SUCCEEDED:
            yield f"is {refund.status}, but {payout.payment_id} was paid"
    for paid in books.provider.refunds:
        is_theirs = paid.key.startswith(f"{refund.refund_id}-") and paid.status is not GatewayStatus.FAILED
        if is_theirs and paid.key not in books.paid_unknown:  # which the reconciliation lists
            yield f"is {refund.status}, but the provider paid {paid.payment_id}"


def _promises(world: Play) -> Iterator[str]:
    """Every update that was taken was answered, truly: a yes is looked at when it is given, a no is looked at here.

    Where a refund was stopped, a word may have been noted and still come to nothing.
    """
    for refund in world.books.refunds.values():
        for word, times in Counter(word[-1] for word in refund.said if word[-1] in world.updates).items():
            if times > 1:
                yield f"{refund.refund_id}: {world.updates[word][1].name} {word} took effect {times} times"
        decided = [row.round for row in _standing(refund) if row.word.kind is WordKind.REVIEW and _decides(row)]
        if len(decided) > len(set(decided)) * refund.approvals_needed and not any(
            step.startswith(Step.LOSS) for step in refund.effects
        ):
            yield f"{refund.refund_id}: people decided twice about the same"
        for word in refund.said:
            row = refund.words.get(world.updates[word[-1]][1].update_id) if word[-1] in world.updates else None
            came_to_nothing = row is not None and (row.overruled is not None or _is_of_a_stopped_round(refund, row))
            came_to_nothing |= word[-1] in map(key_of, refund.moot)
            if word[-1] in world.refused and refund.status is RefundStatus.COMPLETED and not came_to_nothing:
                yield f"{refund.refund_id}: {word[0]} {word[-1]} was refused and took effect"
    for refund_id, word in world.updates.values():
        parcels = world.books.refunds[refund_id].parcels
        if word.name == "receipt" and word.argument.received:
            recorded = parcels.get(word.key, word.argument.received)
            if recorded != word.argument.received:
                yield f"{refund_id}: {word.argument.received} were said to be in a parcel, {recorded} were recorded"
    for key in world.unsure:
        refund_id, word = world.updates[key]
        yield f"{refund_id}: {word.name} {key} was taken, and nobody could ever say what became of it"
    for refund_id, run in world.runs.items():
        if run.finished not in ("completed", "terminated"):
            yield f"{refund_id}: its workflow is {run.finished or 'not over'}"
        if run.finished == "completed":
            for key in set(map(key_of, run.accepted)) - world.answered - world.refused:
                yield f"{refund_id}: {world.updates[key][1].name} {key} was taken and never answered"


def _is_of_a_stopped_round(refund: RefundBook, row: WordRow) -> bool:
    """Whether a word is of a round that came to nothing, after which a parcel opened the refund again."""
    return row.round < refund.round and any(Step.CLAIM_AGAIN.is_of(step) for step in refund.effects)


def _decides(row: WordRow) -> bool:
    return bool(row.body["decision"] != Decision.REQUEST_EVIDENCE)


def _value(books: Books) -> Iterator[str]:
    """Over everything that the customer has, value is neither lost nor made; time given back is time that was left.

    What people have skipped or done by hand is theirs to answer for.
    """
    skipped = {step for refund in books.refunds.values() for step in refund.by_hand}
    returned = [each for each in books.refunds.values() if each.claims is ClaimState.PAID]
    if not skipped & {"restore_points", "withdraw_points"}:
        due = points_due(books, returned, was_released=_was_released(books))
        if books.points + books.points_spent_since not in due:
            kept = books.wares.count - sum(each.units + each.parts for each in returned)
            yield f"the customer has {books.points} points for {kept} units that were kept"
    if books.scenario.is_rich:
        yield from _discounts(books, skipped)
    if bool(books.coupon) != (books.coupon_until is not None):
        yield "the coupon has an end that was given back, and is not back, or the other way round"
    for until, at in books.given_back:
        if until - at > TIME_LEFT_S:
            yield f"{until - at:.0f} seconds were given back of {TIME_LEFT_S:.0f} that were left"
    yield from audit_wares(books, returned, was_released=_was_released(books))
    if books.scenario.is_rich:
        if not skipped & {"withdraw_grants", "grant_again"}:
            yield from _granted_coupon(books, returned)
            yield from _granted_credit(books, returned)
        yield from _gift(books, returned)


def _lost(books: Books) -> Iterator[str]:
    """The value of an order of which the bank may have taken something."""
    yield from audit_losses(books, was_released=_was_released(books))
    if books.scenario.is_rich:
        skipped = {step for refund in books.refunds.values() for step in refund.by_hand}
        returned = [each for each in books.refunds.values() if each.claims is ClaimState.PAID]
        if not skipped & {"withdraw_grants", "grant_again"}:
            yield from audit_grants(books, was_released=_was_released(books))
        yield from _discounts(books, skipped)
        yield from _gift(books, returned)


def _discounts(books: Books, skipped: set[str]) -> Iterator[str]:
    if not skipped & {"reinstate_exclusive_discounts", "withdraw_exclusive_discounts"}:
        for each in books.refunds.values():
            if each.is_discount_back != is_line_back(each):
                state = "back" if each.is_discount_back else "not back"
                yield f"the discount of {each.refund_id} is {state}, with {each.units} units {each.claims}"


def _granted_credit(books: Books, returned: list[RefundBook]) -> Iterator[str]:
    """Whoever was granted store credit keeps what was granted for units that are kept, and loses no more (rule 16)."""
    due = GRANT * books.scenario.refunds - sum(each.units * GRANT // UNITS for each in returned)
    has = granted_credit(books)
    if has != due:
        whose = "a friend has" if books.scenario.grants_a_friend else "the customer has"
        yield f"{whose} {has} of the granted credit, instead of {due}"


def _granted_coupon(books: Books, returned: list[RefundBook]) -> Iterator[str]:
    """Its lines' share is charged to the customer, or all of it is gone and nothing is charged (rules 16, 44, 45).

    Where a refund that was settled is released after all, another has settled the rest of a cent with it in mind.
    """
    units = sum(each.units for each in returned)
    charged = sum(each.settled.coupon_charged for each in returned if each.settled is not None)
    is_gone, share = books.coupon_taken_by is not None, COUPON_GRANTED * units // (books.scenario.refunds * UNITS)
    rest = 0 if is_gone or not _was_released(books) else 1
    if abs(charged - (0 if is_gone else share)) > rest:
        state = "gone" if is_gone else "the customer's"
        yield f"{charged} was charged for the granted coupon, which is {state}, with {units} units returned"
    if is_gone and books.is_coupon_used:
        yield "the granted coupon was used, and is gone"
    if is_gone and not books.all_paid:
        yield f"the granted coupon is gone, although only {units} units are returned"


def _gift(books: Books, returned: list[RefundBook]) -> Iterator[str]:
    """A gift whose goods are all gone is back, or charged once (rule 27).

    A refund that is settled counts as gone: where it is released after all, another may have charged the gift already.
    """
    charged = sum(each.settled.gift + each.settled.owed_for_gift for each in returned if each.settled is not None)
    is_back = any(dict(each.settled_for or each.lines).get(GIFT) for each in returned)
    due = GIFT_VALUE if books.all_paid and not is_back else 0
    if charged != due and not (charged == GIFT_VALUE and _was_released(books) and not is_back):
        yield f"{charged} was charged for the gift, which {'is back' if is_back else 'stays'}, instead of {due}"


def _was_released(books: Books) -> bool:
    """Whether a refund that others had reckoned with was called off; it may have come again, with less."""
    return any(each.claims is ClaimState.RELEASED or "hold" in each.undone for each in books.refunds.values())


def _told(books: Books) -> Iterator[str]:
    """What the customer was told last is what is; people may have skipped a message."""
    for refund in books.refunds.values():
        if "notify" in refund.by_hand:
            continue
        if refund.is_loss and refund.status is RefundStatus.CANCELLED:
            if not any(topic == "withdrawals" for _, topic, _ in refund.told) and not _WITHDRAWN & refund.by_hand:
                yield f"{refund.refund_id} is won after all, and the customer was not told"
            continue
        if refund.refund_id in books.half_closed and refund.is_half_closed:  # no run goes on with it after a restore
            continue
        ends = {(in_round, topic) for in_round, topic, _ in refund.told if topic in _ENDS}
        told = {topic for in_round, topic in ends if in_round == refund.round}
        if not told and refund.status is not RefundStatus.COMPLETED:  # it stays as it was before its parcel came
            told = {topic for in_round, topic in ends if in_round == refund.round - 1}
        if refund.status.is_final and _ENDED.get(refund.status) not in told:
            yield f"{refund.refund_id} is {refund.status}, and the customer was told {sorted(told) or 'nothing'}"
        if refund.status is not RefundStatus.CANCELLED:  # which overtakes a question that is noted
            yield from _questions(refund)


def _questions(refund: RefundBook) -> Iterator[str]:
    """Whatever evidence a reviewer asked for was asked of the customer, by the run that heard the reviewer."""
    asked = {note for (_, topic, _), note in refund.told.items() if topic == Topic.EVIDENCE_REQUESTED}
    for row in _standing(refund):
        is_question = row.word.kind is WordKind.REVIEW and not _decides(row) and row.word.word_id not in refund.moot
        if is_question and row.word.run == refund.run and row.body["note"] not in asked:
            yield f"{refund.refund_id}: evidence was asked for by {row.body['note']}, and the customer was not told"


_WITHDRAWN = {"notify_withdrawals"}
_ENDED = {
    RefundStatus.COMPLETED: Topic.COMPLETED,
    RefundStatus.REJECTED: Topic.REJECTED,
    RefundStatus.CANCELLED: Topic.CANCELLED,
    RefundStatus.EXPIRED: Topic.EXPIRED,
}
_ENDS = frozenset(_ENDED.values())
