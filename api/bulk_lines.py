"""A bulk of refunds as it is sent: JSON Lines, each a request for a refund; a broken one leaves the others standing."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from api import problems
from api.schemas.refunds import RefundBody
from db.bulk_lines import NewLine, WrongField
from domain import spelling
from domain.payout.choice import RefundTo
from service.refused import Wrong

MOST_LINES = 10_000
MOST_OF_ONE_ORDER = 100
"""They go in one transaction; whoever has more to say of an order says it in one request."""

UNREADABLE = Wrong.VALIDATION_FAILED

_BOM = b"\xef\xbb\xbf"


CheckEvidence = Callable[[Sequence[str]], None]


def read(body: bytes, check_evidence: CheckEvidence) -> list[NewLine]:
    """Read the lines by their numbers from 1; empty ones are passed over.

    check_evidence: raises Problem for links that are refused.

    Raises Problem: `body_too_large` for more lines than may be, `validation_failed` where there is none, or none that
    can be read: then it is no file of refunds.
    """
    sent = body.removeprefix(_BOM).split(b"\n")
    numbered = [(number, line) for number, line in enumerate(sent, start=1) if line.strip()]
    if (many := len(numbered)) > MOST_LINES:
        raise problems.larger_than(f"a bulk has at most {MOST_LINES} refunds, this has {many}: send it in parts")
    lines = list(_with_few_of_each_order(_read(*each, check_evidence) for each in numbered))
    if not any(line.request is not None for line in lines):
        nothing = {"": "there is no refund in it: write one JSON object a line"}
        raise problems.wrong_fields(_first_faults(lines) or nothing)
    return lines


def _read(number: int, text: bytes, check_evidence: CheckEvidence) -> NewLine:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return _broken(number, None, WrongField("", "this is not valid JSON"))
    if not isinstance(said, dict):
        return _broken(number, None, WrongField("", "write a JSON object"))
    order_id = _order_id(said)
    try:
        body = RefundBody.model_validate(said)
        check_evidence(body.evidence)
    except ValidationError as unfit:
        return _broken(number, order_id, *_fields(problems.invalid(unfit.errors())))
    except problems.ProblemRaised as unfit:
        return _broken(number, order_id, *_fields(unfit))
    if body.refund_to is RefundTo.BANK_TRANSFER or body.bank_account is not None:
        detail = "a bank transfer is asked for by itself, with its account: POST /v1/refunds"
        return _broken(number, order_id, WrongField("/refund_to", detail))
    return NewLine(number, body.order_id, body.to_domain())


def _fields(unfit: problems.ProblemRaised) -> list[WrongField]:
    return [WrongField(each["pointer"], each["detail"]) for each in unfit.errors]


def _with_few_of_each_order(lines: Iterator[NewLine]) -> Iterator[NewLine]:
    seen: Counter[str] = Counter()
    for line in lines:
        if line.request is not None:
            seen[line.request.order_id] += 1
            if seen[line.request.order_id] > MOST_OF_ONE_ORDER:
                detail = f"a bulk has at most {MOST_OF_ONE_ORDER} refunds of one order: ask for several lines in one"
                yield _broken(line.line, line.order_id, WrongField("/order_id", detail))
                continue
        yield line


def _order_id(said: dict[str, Any]) -> str | None:
    """Name the order also of a line that is broken, if it can be named."""
    try:
        return spelling.identifier(said["order_id"])
    except (KeyError, TypeError, ValueError):
        return None


def _broken(number: int, order_id: str | None, *errors: WrongField) -> NewLine:
    return NewLine(number, order_id, None, errors)


def _first_faults(lines: Sequence[NewLine]) -> dict[str, str]:
    return {f"/{line.line}{line.errors[0].pointer}": line.errors[0].detail for line in lines[:20]}
