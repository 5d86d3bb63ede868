"""Showing how figures came about, in the customer's language."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from api.schemas.explanations import DifferenceAnswer, ExplanationAnswer, InputAnswer
from api.schemas.stages import EndedAnswer
from db import customers, names
from db.at_once import at_once
from db.rows import StoredDocument
from domain.claims.reasons import GivenReason, GivenReasons, Reason
from domain.explain.endings import ended_because
from domain.explain.explanations import Explanation, Figure, Named
from domain.explain.messages import DEFAULT_LOCALE, Catalogue
from domain.explain.sentences import Names, sentence, things_named
from domain.lifecycle import RefundStatus
from domain.settlement.differences import Difference
from domain.settlement.settlement import Settlement


class Explainer:
    """Finds the explanation of a figure and says it in one language."""

    def __init__(self, catalogue: Catalogue, locale: str, settlement: Settlement, known_as: Names) -> None:
        self._catalogue = catalogue
        self._locale = locale
        self._names = known_as
        self._known: dict[tuple[Figure, str], list[Explanation]] = {}
        self._all = settlement.explanations
        self._of_lines: list[Explanation] = []
        self._elsewhere: set[int] = set()
        for each in settlement.explanations:
            self._known.setdefault((each.figure, each.subject), []).append(each)

    def of(self, figure: Figure, subject: str) -> ExplanationAnswer | None:
        """Return the next explanation of a figure; a line that is refunded in two ways has two."""
        found = self._next(figure, subject)
        if found is None:
            return None
        self._of_lines.append(found)
        return self._shown(found)

    def skip(self, figure: Figure, subject: str) -> None:
        """Pass over the next explanation of a figure, which is on another page."""
        found = self._next(figure, subject)
        if found is not None:
            self._elsewhere.add(id(found))

    def _next(self, figure: Figure, subject: str) -> Explanation | None:
        found = self._known.get((figure, subject))
        return found.pop(0) if found else None

    def all(self) -> list[ExplanationAnswer]:
        """Show every explanation that is not on another page, of lines those that were asked for so far."""
        lines = [each for each in self._of_lines if each.figure is Figure.LINE]
        others = [each for each in self._all if each.figure is not Figure.LINE and id(each) not in self._elsewhere]
        return [self._shown(each) for each in (*lines, *others)]

    def difference(self, differs: StoredDocument[Difference] | None) -> DifferenceAnswer | None:
        if differs is None:
            return None
        known = differs.read()
        return DifferenceAnswer(
            quoted_total=known.quoted.minor_units,
            total=known.total.minor_units,
            causes=[str(cause) for cause in known.causes],
            text=self._catalogue.causes(self._locale, known.causes),
        )

    def reason(self, given: GivenReason) -> str | None:
        """What the merchant calls a reason of its own."""
        return given.name(self._locale) if given.is_own else None

    def ended(self, status: RefundStatus, code: str | None) -> EndedAnswer | None:
        """Say why a refund came to nothing."""
        because = ended_because(status, code)
        if because is None:
            return None
        return EndedAnswer(code=because, message=self._catalogue.reason(self._locale, because))

    def goods_return(self, stored: dict[str, Any] | None) -> dict[str, Any] | None:
        """Show how goods come back, with what the customer has to do in their language."""
        if stored is None or not stored.get("guide"):
            return stored
        is_collected = stored.get("pickup_by") is not None
        return stored | {"guide": self._catalogue.guide(self._locale, stored["guide"], is_collected=is_collected)}

    def _shown(self, explanation: Explanation) -> ExplanationAnswer:
        return ExplanationAnswer(
            figure=explanation.figure,
            subject=explanation.subject,
            rule=explanation.rule,
            result=explanation.result,
            unit=explanation.unit,
            inputs=[
                InputAnswer(name=each.name, value=each.value, unit=each.unit, about=each.about)
                for each in explanation.inputs
            ],
            formula=explanation.formula,
            arithmetic=explanation.arithmetic,
            text=sentence(explanation, self._catalogue.phrases(self._locale), self._names),
        )


@dataclass(frozen=True, slots=True)
class Bought:
    """Whose order it is, and at which merchant."""

    merchant_id: str
    customer_id: str
    order_id: str


async def explainer(
    connection: AsyncConnection, catalogue: Catalogue, bought: Bought, settlement: Settlement, given: GivenReasons
) -> Explainer:
    """Explain a settlement in its customer's language, and by the names that the customer knows."""
    wanted = {thing for each in settlement.explanations for thing in things_named(each)}
    async with at_once(connection) as reads:
        finding = reads.begin(customers.find, bought.merchant_id, bought.customer_id)
        naming = reads.begin(names.of_things, bought.merchant_id, bought.order_id, wanted)
    customer = finding.result()
    wished = customer.locale if customer else DEFAULT_LOCALE
    locale = catalogue.locale_for(wished)
    own = {reason: catalogue.comma(locale).join(given.names_of(reason, locale)) for reason in Reason}
    reasons = {(Named.REASON, str(reason)): names for reason, names in own.items() if names}
    return Explainer(catalogue, locale, settlement, naming.result() | reasons)
