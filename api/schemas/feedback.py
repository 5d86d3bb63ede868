"""What the customer says of a refund when it is over."""

from typing import Annotated

from pydantic import Field

from api.schemas.common import Text, Time, Wire


class FeedbackBody(Wire):
    """How content the customer is with a refund that is over."""

    score: Annotated[int, Field(strict=True, ge=1, le=5)] = Field(description="From 1, bad, to 5, good.")
    comment: Text = Field(default="", description="What they say about it.")


class FeedbackAnswer(FeedbackBody):
    """What was said of the refund."""

    by: str = Field(description="Whose key said it: `merchant`, or `customer:` and the customer.")
    at: Time = Field(description="When.")
