"""The one shape of every error (RFC 9457)."""

from pydantic import Field

from api.schemas.common import Wire


class FieldProblem(Wire):
    """One thing that is wrong with a request; what was sent is not repeated."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`.")
    detail: str = Field(description="What is wrong there and what would be right, in a sentence.")


class Problem(Wire):
    """An error, as `application/problem+json`. Decide by `code`, which is stable; sentences may change."""

    type: str = Field(description="`urn:makewhole:problem:` and the code.")
    title: str = Field(description="The code in plain words.")
    status: int = Field(description="The HTTP status, repeated.", ge=400, le=599)
    code: str = Field(description="What went wrong, as a stable word. Each operation lists those it can answer.")
    detail: str = Field(description="What was wrong this time and what would be right, in English.")
    errors: list[FieldProblem] = Field(
        default_factory=list,
        description="Each field that the schema refuses, at most 20. Only with `validation_failed`, else left out.",
    )
