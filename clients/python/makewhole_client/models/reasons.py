# Written by `make client`; change the document, or the async half, instead.
"""Models: reasons."""

from pydantic import Field

from makewhole_client.model_base import Answer, Body
from makewhole_client.models.common import Reason


class ReasonBody(Answer):
    """One of the merchant's own reasons (rule 55)."""

    reason: str
    stands_for: Reason
    name: str | dict[str, str] | None = None
    categories: list[str] = Field(default_factory=list)
    retired: bool = False


class ReasonsAnswer(Answer):
    """The merchant's reasons: those in use, then the retired ones; `version` counts the changes, 0 is none yet."""

    reasons: list[ReasonBody]
    version: int | None = None


class ReasonsBody(Body):
    """All reasons in use; one that is left out is retired."""

    reasons: list[ReasonBody]
    version: int | None = None
