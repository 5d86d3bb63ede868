"""How what people say to a refund is refused: with an error type that the API knows."""

from temporalio.exceptions import ApplicationError

from domain.said import CONFLICTING_STATE, HOUSE_NAMES, NOT_AVAILABLE
from workflows.contract import NOT_YET


def refuse_house_name(name: str) -> None:
    """Raise conflict for an update in whose name only the house decides."""
    if name in HOUSE_NAMES:
        raise conflict(f"{name!r} is how makewhole calls itself: say who you are in `by`")


def conflict(message: str) -> ApplicationError:
    return ApplicationError(message, type=CONFLICTING_STATE, non_retryable=True)


def not_yet(message: str) -> ApplicationError:
    return ApplicationError(message, type=NOT_YET, non_retryable=True)


def not_available(message: str) -> ApplicationError:
    return ApplicationError(message, type=NOT_AVAILABLE, non_retryable=True)
