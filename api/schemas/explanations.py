"""How figures came about, and why a refund differs from its quote."""

from pydantic import Field

from api.schemas.common import Wire
from domain.explain.explanations import Figure


class InputAnswer(Wire):
    """One number that went into a figure."""

    name: str = Field(description="Its name in `formula`.")
    value: int = Field(description="The number, whole.")
    unit: str = Field(description="A currency (then minor units), `points`, `units`, `thousandths` or `bp`.")
    about: str = Field(
        description="What it belongs to, for example a coupon, or of what thousandths are, as kg; may be empty."
    )


class ExplanationAnswer(Wire):
    """How one figure came about."""

    figure: Figure = Field(description="Which kind of figure.")
    subject: str = Field(description="Which one, for example the line.")
    rule: int = Field(description="The number of the rule in the rulebook.")
    result: int = Field(description="The figure, whole, in `unit`.")
    unit: str = Field(description="A currency (then minor units), `points`, `units` or `bp`.")
    inputs: list[InputAnswer] = Field(description="The numbers that went in.")
    formula: str = Field(
        description=("The arithmetic over the inputs' names with + - * // min() max(); empty where there is none.")
    )
    arithmetic: str = Field(description="The same in figures.")
    text: str = Field(description="The same as a sentence in the customer's language.")


class DifferenceAnswer(Wire):
    """Why the refund comes to something else than its quote."""

    quoted_total: int = Field(description="What the quote said, in minor units.")
    total: int = Field(description="What it comes to, in minor units.")
    causes: list[str] = Field(description="Why, as stable words.")
    text: str = Field(description="Why, as a sentence in the customer's language.")
