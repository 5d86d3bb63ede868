"""Explanations as sentences in the customer's language, put together from phrases (rule 38)."""

from collections.abc import Mapping

from domain.explanations import BASIS_POINTS, POINTS, UNITS, Explanation, Input
from domain.messages import FIGURE, spoken
from domain.money import Money


def sentence(explanation: Explanation, phrases: Mapping[str, str]) -> str:
    """Say how a figure came about (rule 38): ¥547.50: it cost ¥600.00, less its ¥50.00 share of coupon cpn-100 and …"""
    facts = {each.name: _said(each.value, each.unit) for each in explanation.inputs}
    facts |= {"result": _said(explanation.result, explanation.unit), "subject": explanation.subject}
    facts |= {"about": explanation.about, "parts": _parts(explanation.inputs, phrases)}
    return phrases[FIGURE + explanation.phrase].format_map(facts)


def _parts(inputs: tuple[Input, ...], phrases: Mapping[str, str]) -> str:
    said = [
        phrases[f"{FIGURE}part.{each.part}"].format(amount=_said(each.value, each.unit), about=each.about)
        for each in inputs
        if each.part
    ]
    if len(said) < 2:
        return "".join(said)
    return phrases[f"{FIGURE}and"].format(first=phrases[f"{FIGURE}comma"].join(said[:-1]), last=said[-1])


def _said(value: int, unit: str) -> str:
    if unit in (POINTS, UNITS):
        return f"{value:,}"
    if unit == BASIS_POINTS:
        return f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".") + " %"
    return spoken(Money(unit, value))
