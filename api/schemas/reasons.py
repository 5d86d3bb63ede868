"""The merchant's own reasons to ask for a refund."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import Flag, Id, Locale, Name, Wire
from api.schemas.faults import FieldFault
from domain.claims.reasons import EVERY_LANGUAGE, Reason
from domain.claims.taxonomy import OwnReason

MOST_IN_USE = 100
MOST_KNOWN = 500

ShortName = Annotated[Name, Field(max_length=100)]
Names = Annotated[
    ShortName | Annotated[dict[Locale, ShortName], Field(min_length=1, max_length=20)],
    Field(examples=[{"en": "Too small", "zh-CN": "尺码偏小"}]),
]
"""A name for every language, or a map by language."""


class ReasonBody(Wire):
    """One of the merchant's own reasons (rule 55)."""

    reason: Id = Field(description="What refund requests name it by; none of the four that makewhole knows.")
    stands_for: Reason = Field(description="Which of the four it stands for: every rule asks for that.")
    name: Names | None = Field(
        default=None,
        description="What customers read, in every language or by language. Left out: its id, where a text needs one.",
    )
    categories: list[ShortName] = Field(
        default_factory=list,
        max_length=20,
        description="The categories of order lines that it is suggested for. Left out: every one.",
    )
    retired: Flag = Field(
        default=False, description="Whether it can't be given any more. Refunds that gave it keep it, and it is listed."
    )

    @model_validator(mode="after")
    def _is_its_own(self) -> Self:
        if self.reason in set(Reason):
            raise FieldFault(f"{self.reason} is one of the four that are known everywhere: say another id", "reason")
        if len(set(self.categories)) < len(self.categories):
            raise FieldFault("a category appears twice", "categories")
        return self

    @classmethod
    def of(cls, own: OwnReason) -> Self:
        names = own.names.get(EVERY_LANGUAGE) or own.names or None
        return cls(
            reason=own.code,
            stands_for=own.stands_for,
            name=names,
            categories=list(own.categories),
            retired=own.is_retired,
        )

    def to_domain(self) -> OwnReason:
        names = {EVERY_LANGUAGE: self.name} if isinstance(self.name, str) else self.name or {}
        return OwnReason(self.reason, self.stands_for, names, tuple(self.categories), self.retired)


class ReasonsBody(Wire):
    """All reasons in use; one that is left out is retired."""

    reasons: list[ReasonBody] = Field(
        max_length=MOST_KNOWN, description="The merchant's reasons, at most 100 in use, in the order to offer them."
    )
    version: int | None = Field(default=None, description="the version this changes; refused if it is not the newest")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.reason for each in self.reasons]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise FieldFault(
                f"the reason {twice} appears twice", "reasons", len(names) - 1 - names[::-1].index(twice), "reason"
            )
        in_use = sum(not each.retired for each in self.reasons)
        if in_use > MOST_IN_USE:
            raise FieldFault(f"{in_use} reasons are in use, at most {MOST_IN_USE} can be", "reasons")
        return self


class ReasonsAnswer(ReasonsBody):
    """The merchant's reasons: those in use, then the retired ones; `version` counts the changes, 0 is none yet."""
