"""Both books as plain facts that must agree, whoever keeps them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import claims, payouts, refunds, steps, words
from db.ledger import POINTS, Account, balance, pocket_of
from db.schema import campaign_rewards, coupon_uses, ended_payout_keys, exclusive_uses, messages, order_grants
from db.schema import words as noted_words
from domain.claims.claims import ClaimState
from domain.lifecycle import PaidBy, PayoutStatus
from domain.said import REFUSED
from domain.settlement.deductions import DeductionKind
from domain.settlement.settlement import Settlement
from gateways.sandbox import books as sandbox_books
from proof.simulation.books import Books
from proof.simulation.conformance import bank
from proof.simulation.conformance.real import RealWorld
from proof.simulation.conformance.sale import CURRENCY, CUSTOMER, FRIEND, GRANTED, ORDER
from proof.simulation.credit import friends_credit, store_credit
from proof.simulation.figures import REWARD
from proof.simulation.play import SAME_MINUTE
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import GIFT, LINES, PART
from service.goods_return import lost_of
from service.labels import rma_of
from service.steps import RefundRef

Facts = dict[str, Any]

_OF_RUNS = ("load", "run", "begun", "decision", "inspection", "unheard")
"""Steps that say which run is heard, which the model keeps in its own way."""


def differences(books: Books, real: RealWorld, worker_ahead: float) -> list[str]:
    """Tell what the real books say otherwise than the model's; the worker's clock is so many seconds ahead."""
    modelled, read = _of_model(books, worker_ahead), real.read(_of_database, books, real)
    if books.disputes:
        modelled["disputes"], read["disputes"] = _disputes_of_model(books), real.read(_disputes_of_database, real)
    return [
        f"{name} is {read.get(name)!r}, in the model {modelled.get(name)!r}"
        for name in sorted(modelled.keys() | read.keys())
        if modelled.get(name) != read.get(name)
    ]


def _of_model(books: Books, worker_ahead: float) -> Facts:
    facts: Facts = {
        "the provider's refunds": sorted(
            (each.key, each.payment_id, each.amount, str(each.status)) for each in books.provider.refunds
        ),
        "the provider's refusals": sorted((key, each.code) for key, each in books.provider.refusals.items()),
        "the coupon is back": bool(books.coupon),
        "points": books.points,
        "store credit": store_credit(books),
        "the friend's store credit": friends_credit(books),
        "the granted coupon is taken back by": books.coupon_taken_by,
        "owed": books.owed,
        "the coupon is given back until": books.coupon_until and books.coupon_until + worker_ahead,
        "still to be paid": books.wares.payments.not_paid_yet - _lessened(books),
        "went back": {payment_id: _went_back(books, payment_id) for payment_id in books.provider.captured},
    }
    for refund in books.refunds.values():
        facts.update((f"{refund.refund_id}: {name}", fact) for name, fact in _refund_of_model(books, refund))
    return facts


def _lessened(books: Books) -> int:
    """What refunds that are paid took off what was not paid yet, less what came back as it was paid after all."""
    paid = (each.settled for each in books.refunds.values() if each.claims is ClaimState.PAID)
    return sum(each.lessened - each.after_all for each in paid if each is not None)


def _disputes_of_model(books: Books) -> list[Any]:
    heard = (each for each in books.disputes.values() if each.said)
    return [(each.dispute_id, str(each.status), each.uncounted, each.losses, each.holds_its_payment) for each in heard]


async def _disputes_of_database(real: RealWorld) -> list[Any]:
    return [
        (
            each.dispute_id,
            str(each.status),
            each.uncounted.minor_units if each.uncounted else 0,
            [real.theirs(refund_id) for refund_id in each.refund_ids],
            each.holds_its_payment,
        )
        for each in await bank.known(real)
    ]


def _went_back(books: Books, payment_id: str) -> int:
    """What the ledger has as paid back to a payment, by whomever."""
    planned = [each for refund in books.refunds.values() for each in refund.payouts.values()]
    paid = (each for each in planned if each.payment_id == payment_id and each.status is PayoutStatus.SUCCEEDED)
    return sum(each.amount for each in paid if each.paid_by is not PaidBy.STORE_CREDIT)


def _refund_of_model(books: Books, refund: RefundBook) -> Iterator[tuple[str, Any]]:
    yield "status", str(refund.status)
    yield "round", refund.round
    yield "claims", str(refund.claims) if refund.line_id or refund.off or refund.more else None
    yield "received", refund.received
    yield "accepted", None if refund.accepted is None else dict(refund.accepted).get(refund.line_id)
    yield "beside received", refund.beside_received
    yield "lost", [(dict(each.lines), each.is_paid) for each in refund.lost]
    yield "off for the granted coupon", refund.settled.coupon_off if refund.settled else 0
    yield "off for the gift", refund.settled.gift if refund.settled else 0
    yield "of interest", sum(refund.settled.interest) if refund.settled else 0
    yield "asked of version", refund.asked_of
    yield "quoted", refund.quoted and refund.quoted.total
    yield "asks for", refund.attention and refund.attention.step
    yield "decided", refund.decided and str(refund.decided.decision)
    yield "approved by", [each.key_id for each in refund.approvals]
    yield "rmas", refund.rmas
    yield "rma", refund.rma
    yield "labels that are good", sorted(books.carrier.good(refund.refund_id))
    yield "its discount is back", refund.is_discount_back if refund.refund_id in LINES else None
    noted = ((each, row.overruled is not None) for each, row in refund.words.items() if not row.is_refusal)
    yield "words", sorted(noted)
    yield "refused words", sorted(each for each, row in refund.words.items() if row.is_refusal)
    yield "done", sorted(step for step in refund.effects if not _is_of_runs(step))
    yield "undone", sorted(step for step in refund.undone if not _is_of_runs(step))
    yield (
        "payouts",
        sorted(
            (each.payment_id, each.key, each.amount, str(each.status), each.paid_by, each.decline_code)
            for each in refund.payouts.values()
        ),
    )
    yield "ended keys", sorted(key for each in refund.payouts.values() for key in each.ended)
    yield "told", sorted((in_round, str(topic), subject) for in_round, topic, subject in refund.told if subject)


def _off(settled: Settlement, kind: DeductionKind) -> int:
    """What was taken off for things of this kind, less what came back of earlier deductions."""
    taken = sum(each.amount.minor_units for each in settled.deductions if each.kind is kind)
    return taken - sum(each.amount.minor_units for each in settled.deductions_returned if each.kind is kind)


def _is_of_runs(step: str) -> bool:
    return step.partition(":")[0] in _OF_RUNS


async def _of_database(books: Books, real: RealWorld) -> Facts:
    async with real.engine.connect() as connection:
        facts = await _of_order(connection, books, real)
        for refund_id in books.refunds:
            async for name, fact in _refund_of_database(connection, real, refund_id):
                facts[f"{refund_id}: {name}"] = fact
        await connection.commit()
    return facts


async def _of_order(connection: AsyncConnection, books: Books, real: RealWorld) -> Facts:
    paid, refused = sandbox_books.refunds, sandbox_books.refusals
    made = await connection.execute(select(paid).where(paid.c.merchant_id == real.merchant_id))
    noes = await connection.execute(select(refused).where(refused.c.merchant_id == real.merchant_id))
    whose = real.merchant_id
    uses = select(coupon_uses).where(coupon_uses.c.merchant_id == whose, coupon_uses.c.order_id == ORDER)
    use = (await connection.execute(uses)).one()
    rewards = select(campaign_rewards).where(campaign_rewards.c.merchant_id == whose)
    kept = [row for row in await connection.execute(rewards) if row.withdrawn_at is None]
    grants = order_grants.c
    of_coupon = (grants.merchant_id == whose) & (grants.name == GRANTED)
    taken_by = await connection.scalar(select(grants.withdrawn_by).where(of_coupon))
    credit = await balance(connection, whose, Account.STORE_CREDIT, CUSTOMER, CURRENCY)
    return {
        "the provider's refunds": sorted(
            (real.theirs(row.key), f"p{row.charge_ref.removeprefix('ch-')}", row.amount, row.status) for row in made
        ),
        "the provider's refusals": sorted((real.theirs(row.key), row.code) for row in noes),
        "the coupon is back": use.freed_by is not None,
        "the coupon is given back until": use.extended_until and use.extended_until.timestamp(),
        "points": await balance(connection, whose, Account.POINTS, CUSTOMER, POINTS),
        "store credit": credit - REWARD * len(kept),
        "the friend's store credit": await balance(connection, whose, Account.STORE_CREDIT, FRIEND, CURRENCY),
        "the granted coupon is taken back by": taken_by and real.theirs(taken_by),
        "owed": -await balance(connection, whose, Account.OWED, CUSTOMER, CURRENCY),
        "still to be paid": -await balance(connection, whose, Account.NOT_PAID_YET, ORDER, CURRENCY),
        "went back": {
            payment_id: captured
            + await balance(
                connection, whose, *pocket_of(ORDER, payment_id), books.wares.payments.currency(int(payment_id[1:]))
            )
            for payment_id, captured in zip(books.provider.captured, books.wares.payments.own, strict=True)
        },
    }


async def _is_discount_back(connection: AsyncConnection, real: RealWorld, refund_id: str) -> bool | None:
    """Whether the discount of the line of a refund that somebody asked for is active again."""
    if refund_id not in LINES:
        return None
    used = exclusive_uses.c
    of_line = (used.merchant_id == real.merchant_id) & (used.discount_id == f"X-{LINES[refund_id]}")
    return await connection.scalar(select(used.freed_by).where(of_line)) is not None


async def _refund_of_database(
    connection: AsyncConnection, real: RealWorld, refund_id: str
) -> AsyncIterator[tuple[str, Any]]:
    ours = real.ours(refund_id)
    refund = await refunds.get(connection, ours)
    rows = (await claims.rows_of(connection, [ours]))[ours]
    claimed = rows[0] if rows else None  # what was paid after all is of no line, nor is shipping
    yield "status", refund.status
    yield "round", refund.round
    yield "claims", claimed.state if claimed else None
    yield "received", claimed.received if claimed else 0
    yield "accepted", claimed.accepted if claimed else None
    yield "lost", [(dict(each.lines), each.is_paid) for each in lost_of(refund.goods_return)]
    beside = [each for each in rows if each.line_id in (GIFT, PART)]
    yield "beside received", beside[0].received if beside else 0
    settled = refund.settlement.read() if refund.settlement is not None else None
    yield "off for the granted coupon", _off(settled, DeductionKind.GRANTED_COUPON) if settled else 0
    yield "off for the gift", _off(settled, DeductionKind.MISSING_GIFT) if settled else 0
    yield "of interest", settled.interest_paid.minor_units if settled else 0
    yield "asked of version", refund.quote_basis.read().order_version
    yield "quoted", refund.quote.read().total.minor_units
    yield "asks for", refund.needs_attention and refund.needs_attention["step"]
    yield "decided", refund.review and refund.review["decision"]
    yield "approved by", [each["key_id"] for each in refund.approvals]
    yield "rmas", refund.rmas
    numbers = {rma_of(RefundRef(ours, real.merchant_id), number): number for number in range(1, refund.rmas + 1)}
    yield "rma", numbers.get((refund.goods_return or {}).get("rma", ""))
    labels = sandbox_books.labels
    is_good = (labels.c.merchant_id == real.merchant_id) & labels.c.rma.in_(numbers) & (labels.c.state == "issued")
    good = await connection.execute(select(labels.c.rma).where(is_good))
    yield "labels that are good", sorted(numbers[rma] for rma in good.scalars())
    yield "its discount is back", await _is_discount_back(connection, real, refund_id)
    said = await words.known(connection, ours)
    yield "words", sorted((each.word_id, each.overruled is not None) for each in said)
    of_words = select(noted_words.c.word_id).where(noted_words.c.refund_id == ours, noted_words.c.run == REFUSED)
    yield "refused words", sorted((await connection.execute(of_words)).scalars())
    known = {step: undone for step, undone in (await steps.steps_of(connection, ours)).items() if not _is_of_runs(step)}
    yield "done", sorted(step for step, is_undone in known.items() if not is_undone)
    yield "undone", sorted(step for step, is_undone in known.items() if is_undone)
    planned = (await payouts.rows_of(connection, [ours]))[ours]
    yield (
        "payouts",
        sorted(
            (row.payment_id, real.theirs(row.key), row.amount, row.status, row.paid_by, row.decline_code)
            for row in planned
        ),
    )
    ended = select(ended_payout_keys.c.key).where(ended_payout_keys.c.refund_id == ours)
    yield "ended keys", sorted(real.theirs(key) for key in (await connection.execute(ended)).scalars())
    told = select(messages.c.round, messages.c.topic, messages.c.subject).where(messages.c.refund_id == ours)
    by_run = messages.c.subject.startswith(SAME_MINUTE)  # others are named after what was given back
    yield "told", sorted(tuple(row) for row in await connection.execute(told.where(by_run)))
