"""What the customer says of a refund when it is over."""

from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.common import Text, Time, Wire


class FeedbackBody(Wire):
    """`score` from 1, bad, to 5, good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 5, "comment": "paid back the same day"}]})

    score: Annotated[int, Field(strict=True, ge=1, le=5)]
    comment: Text = ""


class FeedbackAnswer(FeedbackBody):
    by: str
    at: Time
