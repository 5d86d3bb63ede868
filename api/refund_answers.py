"""Showing stored refunds and quotes as the API answers them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from api import discretion
from api.effects import effects_answer, gift_effect, no_effects
from api.explaining import Bought, Explainer, explainer
from api.paging import Cut
from api.payout_answers import payout_answers, planned_answers
from api.schemas.bank_accounts import NamedAccountAnswer
from api.schemas.effects import GiftEffectAnswer
from api.schemas.external import ExternalAnswer
from api.schemas.guests import GuestBody
from api.schemas.refund_answers import (
    DeductionAnswer,
    DeductionReturnedAnswer,
    FeeAnswer,
    InterestAnswer,
    LessenedAnswer,
    QuoteAnswer,
    RefundAnswer,
    RefundLineAnswer,
    RefundSummary,
    TimelineAnswer,
)
from api.schemas.refunds import RefundBody
from api.schemas.stages import LostLineAnswer, LostParcelAnswer
from db import bank_accounts, claims, evidence, journal, payouts
from db.api_keys import Caller
from db.at_once import at_once
from db.read_models import ClaimRow, ListedRefund, Refund, TimelineEvent
from domain.claims.claims import Claim
from domain.claims.reasons import GivenReason, GivenReasons
from domain.explain.explanations import Figure
from domain.explain.messages import Catalogue
from domain.lifecycle import RefundStatus
from domain.payout.choice import RefundTo
from domain.sale.guests import account
from domain.sale.measures import Measure, as_said
from domain.settlement.settlement import Settlement
from service.goods_return import lost_of
from service.requests import Quoted

_WITH_ITS_EXPLANATION = 2
"""What holds its explanation is shown with it, and the explanation once more among all."""

_WITH_ONLY_AN_EXPLANATION = 10
"""The effect on a gift is a few words, its explanation some sentences."""


async def quote_answer(
    connection: AsyncConnection,
    catalogue: Catalogue,
    merchant_id: str,
    body: RefundBody,
    quoted: Quoted,
    *,
    lines_after: int = 0,
) -> QuoteAnswer:
    settlement, order = quoted.settlement, quoted.position.order
    bought = Bought(merchant_id, quoted.basis.terms.beneficiary or order.customer_id, order.order_id)
    explained = await explainer(connection, catalogue, bought, settlement, quoted.given)
    cut, own_reasons = Cut(lines_after), quoted.given.by_line
    deductions, gifts = _deductions(cut, settlement, explained), _gifts(cut, settlement, explained)
    lines = cut.of(
        settlement.claims,
        lambda claim: _line(claim, own_reasons.get(claim.line_id, quoted.given.of_refund), explained),
        skip=lambda claim: explained.skip(Figure.LINE, claim.line_id),
        times=_WITH_ITS_EXPLANATION,
    )
    lines += _extras(cut, settlement, quoted.given, explained)
    return QuoteAnswer(
        order_id=body.order_id,
        **_asked(quoted.given, explained),
        kind=quoted.kind,
        policy_version=quoted.policy.version,
        order_version=quoted.order_version,
        lines=lines,
        next_lines=cut.next,
        deductions=deductions,
        refund_to=quoted.basis.terms.refund_to,
        bank_account=NamedAccountAnswer(ends_in=body.bank_account.to_domain().ends_in) if body.bank_account else None,
        beneficiary=quoted.basis.terms.beneficiary,
        payouts=planned_answers(settlement),
        effects=effects_answer(settlement, gifts),
        **_figures(settlement, explained),
    )


async def refund_answer(
    connection: AsyncConnection, catalogue: Catalogue, refund: Refund, caller: Caller, *, lines_after: int = 0
) -> RefundAnswer:
    """Show a refund to a caller, who may not be told everything; of very many lines, a page."""
    settlement, given = (refund.settlement or refund.quote).read(), refund.given
    own_reasons, measures = given.by_line, refund.measures
    bought = Bought(refund.merchant_id, refund.receiver, refund.order_id)
    async with at_once(connection) as reads:
        explaining = reads.begin(explainer, catalogue, bought, settlement, given)
        claiming = reads.begin(claims.rows_of, [refund.refund_id])
        paying = reads.begin(payouts.rows_of, [refund.refund_id])
        told = reads.begin(journal.timeline, refund.refund_id)
        pieces = reads.begin(evidence.of_refund, refund.refund_id)
        naming = reads.begin(_named_account, refund)
    explained, cut = explaining.result(), Cut(lines_after)
    claimed, paid = claiming.result()[refund.refund_id], paying.result()[refund.refund_id]
    happened = cut.of(told.result(), _event)
    deductions, gifts = _deductions(cut, settlement, explained), _gifts(cut, settlement, explained)
    lines = cut.of(
        claimed,
        lambda row: _stored_line(
            row, measures.get(row.line_id), own_reasons.get(row.line_id, given.of_refund), explained
        ),
        skip=lambda row: explained.skip(Figure.LINE, row.line_id),
        times=_WITH_ITS_EXPLANATION,
    )
    lines += _extras(cut, settlement, given, explained)
    tenders = {each.payment.payment_id: each for each in settlement.payouts}
    is_refused = RefundStatus(refund.status).is_final and refund.status != RefundStatus.COMPLETED
    shown = RefundAnswer.model_validate(
        {
            "refund_id": refund.refund_id,
            "order_id": refund.order_id,
            "customer_id": account(refund.customer_id),
            "guest": GuestBody.of(refund.guest.read() if refund.guest else None),
            "status": refund.status,
            **_asked(given, explained),
            "kind": refund.kind,
            "quoted_policy_version": refund.quoted_policy_version,
            "policy_version": refund.policy_version,
            "differs_from_quote": explained.difference(refund.differs),
            "external": None if refund.external is None else ExternalAnswer.of(refund.external.read()),
            "note": refund.note,
            "evidence": pieces.result(),
            "metadata": refund.metadata,
            "order_version": refund.order_version,
            "lines": lines,
            "next_lines": cut.next,
            "deductions": deductions,
            "refund_to": refund.refund_to,
            "bank_account": naming.result(),
            "beneficiary": refund.beneficiary,
            "payouts": [shown for row in paid for shown in payout_answers(row, tenders.get(row.payment_id))],
            "effects": no_effects(settlement) if is_refused else effects_answer(settlement, gifts),
            "return": _goods_return(refund, explained),
            "approvals_needed": refund.approvals_needed,
            "approvals": refund.approvals,
            "review": refund.review,
            "ended_because": explained.ended(RefundStatus(refund.status), refund.ended_because),
            "waits_because": refund.waits_because,
            "risk": refund.risk.json if refund.risk else None,
            "needs_attention": refund.needs_attention,
            "timeline": happened,
            "created_at": refund.created_at,
            "completed_at": refund.completed_at,
            "feedback": refund.feedback,
            **_figures(settlement, explained),
        }
    )
    return discretion.told(shown, caller)


def refund_summary(refund: ListedRefund, caller: Caller) -> RefundSummary:
    shown = RefundSummary(
        refund_id=refund.refund_id,
        order_id=refund.order_id,
        customer_id=account(refund.customer_id),
        guest=GuestBody.of(refund.guest.read() if refund.guest else None),
        status=refund.status,
        reason=refund.given.of_refund.code,
        stands_for=refund.reason,
        kind=refund.kind,
        currency=refund.currency,
        total=refund.total.read().minor_units,
        needs_attention=refund.needs_attention,
        created_at=refund.created_at,
        completed_at=refund.completed_at,
        external=None if refund.external is None else ExternalAnswer.of(refund.external.read()),
        beneficiary=refund.beneficiary,
    )
    return discretion.told_in_a_list(shown, caller)


def _goods_return(refund: Refund, explained: Explainer) -> dict[str, Any] | None:
    """How goods come back, with what is lost of them in the types in which it was sold (rule 48)."""
    shown, measures = explained.goods_return(refund.goods_return), refund.measures
    lost = [
        LostParcelAnswer(
            lines=[
                LostLineAnswer(line_id=id_, quantity=as_said(count, measures.get(id_))) for id_, count in each.lines
            ],
            is_paid=each.is_paid,
        )
        for each in lost_of(refund.goods_return)
    ]
    return shown and shown | {"lost": lost}


def _asked(given: GivenReasons, explained: Explainer) -> dict[str, Any]:
    reason = given.of_refund
    return {"reason": reason.code, "reason_name": explained.reason(reason), "stands_for": reason.stands_for}


def _figures(settlement: Settlement, explained: Explainer) -> dict[str, Any]:
    return {
        "currency": settlement.total.currency,
        "shipping": settlement.shipping.minor_units,
        "shipping_tax": settlement.shipping_tax.minor_units,
        "fees": [
            FeeAnswer(
                kind=fee.kind,
                amount=fee.amount.minor_units,
                at_most=fee.at_most.minor_units,
                explanation=explained.of(Figure.FEE, fee.kind),
            )
            for fee in settlement.fees
        ],
        "deductions_returned": [
            DeductionReturnedAnswer(
                kind=each.kind,
                id=each.source_id,
                amount=each.amount.minor_units,
                no_longer_owed=each.owed.minor_units,
                explanation=explained.of(Figure.DEDUCTION_RETURNED, f"{each.kind}/{each.source_id}"),
            )
            for each in settlement.deductions_returned
        ],
        "interest": [
            InterestAnswer(
                payment_id=each.payment_id,
                amount=each.amount.minor_units,
                explanation=explained.of(Figure.INTEREST, each.payment_id),
            )
            for each in settlement.interest
        ],
        "overpaid": settlement.overpaid_back.minor_units,
        "paid_after_all": settlement.paid_after_all_back.minor_units,
        "lessened": _lessened(settlement, explained),
        "store_credit_bonus": settlement.credit_bonus_given.minor_units,
        "total": settlement.total.minor_units,
        "explanations": explained.all(),
    }


def _lessened(settlement: Settlement, explained: Explainer) -> list[LessenedAnswer]:
    if settlement.lessened is None:
        return []
    owed, released = settlement.lessened.owed.minor_units, settlement.lessened.released
    of_order = [LessenedAnswer(payment_id=None, amount=owed, explanation=explained.of(Figure.OWED, ""))] if owed else []
    of_payments = [
        LessenedAnswer(
            payment_id=each.payment_id,
            amount=each.amount.minor_units,
            explanation=explained.of(Figure.RELEASED, each.payment_id),
        )
        for each in released
    ]
    return of_order + of_payments


def _event(row: TimelineEvent) -> TimelineAnswer:
    return TimelineAnswer(at=row.at, event=row.event, message=row.message)


def _deductions(cut: Cut, settlement: Settlement, explained: Explainer) -> list[DeductionAnswer]:
    return cut.of(
        (*settlement.deductions, *settlement.owed_later),
        lambda each: DeductionAnswer(
            kind=each.kind,
            id=each.source_id,
            amount=each.amount.minor_units,
            owed=each.owed.minor_units,
            explanation=explained.of(Figure.DEDUCTION, f"{each.kind}/{each.source_id}"),
        ),
        skip=lambda each: explained.skip(Figure.DEDUCTION, f"{each.kind}/{each.source_id}"),
        times=_WITH_ITS_EXPLANATION,
    )


def _gifts(cut: Cut, settlement: Settlement, explained: Explainer) -> list[GiftEffectAnswer]:
    return cut.of(
        settlement.gifts,
        gift_effect,
        skip=lambda each: explained.skip(Figure.GIFT, each.line_id),
        times=_WITH_ONLY_AN_EXPLANATION,
    )


def _extras(cut: Cut, settlement: Settlement, given: GivenReasons, explained: Explainer) -> list[RefundLineAnswer]:
    """What comes back of lines that are no units; those of which nothing does are explained alone."""
    return cut.of(
        [each for each in settlement.extras if each.is_any],
        lambda each: RefundLineAnswer(
            line_id=each.line_id,
            quantity=0,
            amount=each.amount.minor_units,
            tax=each.tax.minor_units,
            points_restored=each.points,
            reason=given.by_line.get(each.line_id, given.of_refund).code,
            stands_for=given.by_line.get(each.line_id, given.of_refund).stands_for,
            explanation=explained.of(Figure.EXTRA, each.line_id),
        ),
        skip=lambda each: explained.skip(Figure.EXTRA, each.line_id),
        times=_WITH_ITS_EXPLANATION,
    )


def _line(claim: Claim, reason: GivenReason, explained: Explainer) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=claim.line_id,
        quantity=as_said(claim.units.count, claim.measure),
        amount=claim.amount.minor_units,
        tax=claim.tax.minor_units,
        points_restored=claim.points,
        reason=reason.code,
        stands_for=reason.stands_for,
        explanation=explained.of(Figure.LINE, claim.line_id),
    )


def _stored_line(row: ClaimRow, measure: Measure | None, reason: GivenReason, explained: Explainer) -> RefundLineAnswer:
    return RefundLineAnswer(
        line_id=row.line_id,
        quantity=as_said(row.unit_count, measure),
        amount=row.amount,
        tax=row.tax,
        points_restored=row.points,
        reason=reason.code,
        stands_for=reason.stands_for,
        explanation=explained.of(Figure.LINE, row.line_id),
    )


async def _named_account(connection: AsyncConnection, refund: Refund) -> NamedAccountAnswer | None:
    if refund.refund_to is not RefundTo.BANK_TRANSFER:
        return None
    return NamedAccountAnswer(ends_in=await bank_accounts.ends_in(connection, refund.refund_id))
