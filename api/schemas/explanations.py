"""How figures came about, and why a refund differs from its quote."""

from api.schemas.common import Wire
from domain.explanations import Figure


class InputAnswer(Wire):
    """One number that went into a figure; `unit` is a currency in minor units, `points`, `units` or `bp`."""

    name: str
    value: int
    unit: str
    about: str


class ExplanationAnswer(Wire):
    """How a figure came about: `formula` over the inputs' names, the same in figures, and a sentence."""

    figure: Figure
    subject: str
    rule: int
    result: int
    unit: str
    inputs: list[InputAnswer]
    formula: str
    arithmetic: str
    text: str


class DifferenceAnswer(Wire):
    """Why the refund comes to something else than its quote."""

    quoted_total: int
    total: int
    causes: list[str]
    text: str
