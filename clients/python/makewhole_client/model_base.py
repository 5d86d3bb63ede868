"""What every model of the API has in common."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Something that the API says. Fields that a newer API adds are passed over."""

    model_config = ConfigDict(defer_build=True, populate_by_name=True, serialize_by_alias=True)


class Body(BaseModel):
    """Something that the API is told: only what was set is sent, and a field that is not there is refused at once."""

    model_config = ConfigDict(defer_build=True, populate_by_name=True, serialize_by_alias=True, extra="forbid")


class Word(StrEnum):
    """One of a closed set of words. One that a newer API adds is kept as it came, and is equal to its text."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word
