"""The clock of a merchant who tries things out."""

from pydantic import Field

from api.schemas.common import Duration, Time, Wire


class TestClockBody(Wire):
    """How far a test clock is to be put forward."""

    __test__ = False

    by: Duration = Field(
        description="By how much: a year at most at once, a month being 30 days. `PT0S` goes on to where it was going.",
        examples=["P30D"],
    )


class TestClockAnswer(Wire):
    """Where a test clock stands."""

    __test__ = False

    now: Time = Field(description="What time it is for the merchant.")
    ahead: str = Field(description="How far that is ahead of everybody's time, in whole seconds.", examples=["PT72H"])
    left: str = Field(
        description="How far it is still to go: `PT0S`, or the request had no more time, and is to be repeated under "
        "the same Idempotency-Key."
    )
