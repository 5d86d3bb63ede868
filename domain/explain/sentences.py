"""Explanations as sentences in the customer's language, put together from phrases (rule 38)."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from domain.explain.explanations import (
    ABOUT_PARTS,
    ABOUT_PHRASES,
    BASIS_POINTS,
    POINTS,
    SUBJECTS,
    THOUSANDTHS,
    UNITS,
    Explanation,
    Figure,
    Input,
    Named,
)
from domain.explain.messages import ASKED, FIGURE, METHOD, format_money
from domain.money.amounts import Money
from domain.sale.measures import Measure, in_words

Names = Mapping[tuple[Named, str], str]
"""What people call a thing, by what it is and its id in the books."""

_OF_A_PAYMENT = (Figure.PAYOUT, Figure.CONVERTED, Figure.INTEREST, Figure.RELEASED)
"""Figures whose sentence says how the payment was made."""

NOBODY_KNOWS: Names = MappingProxyType({})


def sentence(explanation: Explanation, phrases: Mapping[str, str], names: Names = NOBODY_KNOWS) -> str:
    """Say how a figure came about (rule 38): ¥547.50: it cost ¥600.00, less its ¥50.00 share of coupon Welcome and …

    A thing is called by its name; where it has none, the language decides whether its id is said.
    """
    facts = {each.name: _said(each.value, each.unit, each.about) for each in explanation.inputs}
    facts |= {"result": _said(explanation.result, explanation.unit)}
    facts |= {"subject": _called(SUBJECTS.get(explanation.figure), explanation.subject, phrases, names)}
    facts |= {"about": _about(explanation, phrases, names), "parts": _parts(explanation.inputs, phrases, names)}
    return phrases[FIGURE + explanation.phrase].format_map(facts)


def things_named(explanation: Explanation) -> Iterator[tuple[Named, str]]:
    """List what a sentence calls by name."""
    if subject := SUBJECTS.get(explanation.figure):
        yield subject, explanation.subject
    if about := ABOUT_PHRASES.get(explanation.phrase):
        yield about, explanation.about
    for each in explanation.inputs:
        if each.part and (part := ABOUT_PARTS.get(each.part)):
            yield part, each.about


def _about(explanation: Explanation, phrases: Mapping[str, str], names: Names) -> str:
    if explanation.figure in _OF_A_PAYMENT:
        return phrases[METHOD + explanation.about]
    return _called(ABOUT_PHRASES.get(explanation.phrase), explanation.about, phrases, names)


def _called(kind: Named | None, id_: str, phrases: Mapping[str, str], names: Names) -> str:
    """Call a thing by its name; what is no id of a thing stays as it is."""
    if kind is None:
        return id_
    name = names.get((kind, id_))
    if kind is Named.REASON and not name:
        return phrases[ASKED + id_]
    return phrases[f"{FIGURE}named"].format(name=name) if name else phrases[f"{FIGURE}unnamed"].format(id=id_)


def _parts(inputs: tuple[Input, ...], phrases: Mapping[str, str], names: Names) -> str:
    said = [
        phrases[f"{FIGURE}part.{each.part}"].format(
            amount=_said(each.value, each.unit),
            about=_called(ABOUT_PARTS.get(each.part), each.about, phrases, names),
        )
        for each in inputs
        if each.part
    ]
    if len(said) < 2:
        return "".join(said)
    return phrases[f"{FIGURE}and"].format(first=phrases[f"{FIGURE}comma"].join(said[:-1]), last=said[-1])


def _said(value: int, unit: str, measured_in: str = "") -> str:
    if unit == THOUSANDTHS:
        return in_words(value, Measure(measured_in))
    if unit in (POINTS, UNITS):
        return f"{value:,}"
    if unit == BASIS_POINTS:
        return f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".") + " %"
    return format_money(Money(unit, value))
