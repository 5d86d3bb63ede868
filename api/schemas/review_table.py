"""The merchant's own table of what a reviewer sees and what is approved by rule (rule 33)."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from api.schemas.common import Name, Wire
from domain.rights.review_table import Condition, Fact, TableRow, Then

_MOST_WORDS = 100
_MOST_NUMBER = 10**12

_Number = Annotated[int, Field(strict=True, ge=0, le=_MOST_NUMBER)]


class ConditionBody(Wire):
    """What has to be so of one fact: for a word `one_of`, for a number `at_least`, `at_most`, or both."""

    one_of: Annotated[list[Name], Field(max_length=_MOST_WORDS)] = Field(
        default_factory=list, description="Words of which one has to be there."
    )
    at_least: _Number | None = Field(default=None, description="The least that the number may be.")
    at_most: _Number | None = Field(default=None, description="The most that the number may be.")

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is more than at_most {self.at_most}: nothing is both")
        return self

    def to_domain(self) -> Condition:
        return Condition(tuple(self.one_of), self.at_least, self.at_most)


def _each_by_its_kind(when: dict[Fact, ConditionBody]) -> dict[Fact, ConditionBody]:
    for fact, condition in when.items():
        is_number = condition.at_least is not None or condition.at_most is not None
        if fact.is_word and (is_number or not condition.one_of):
            raise ValueError(f"{fact} is a word: say one_of")
        if not fact.is_word and (not is_number or condition.one_of):
            raise ValueError(f"{fact} is a number: say at_least, at_most, or both")
        unknown = [each for each in condition.one_of if fact.words is not None and each not in fact.words]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no {fact}: there is {', '.join(fact.words or ())}")
    return when


class TableRowBody(Wire):
    """A row: what it decides of the refunds that all its conditions fit."""

    name: Name = Field(description="What the row is called: reviewers read it, and decisions name it.")
    then: Then = Field(
        description="`review`: a reviewer decides, whatever else is so. `approve`: approved by rule in spite of its "
        "reason and of `auto_approve.max_risk`; amounts, a risk from 70 on, the window, bank transfers and second "
        "reviews hold all the same."
    )
    when: Annotated[dict[Fact, ConditionBody], Field(max_length=len(Fact)), AfterValidator(_each_by_its_kind)] = Field(
        default_factory=dict,
        description="Conditions by fact, all of which have to hold; without any it fits every refund. `amount` is what "
        "the order got by rule so far and this refund, in minor units. What is not known fits no condition.",
        examples=[{"account_age_days": {"at_most": 7}, "reason": {"one_of": ["changed_mind"]}}],
    )

    def to_domain(self) -> TableRow:
        return TableRow(self.name, self.then, {fact: each.to_domain() for fact, each in self.when.items()})
