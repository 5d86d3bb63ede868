"""Which parties there are, of which adapter, and which cases each can stage: `docs/gateways.md` says the same."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum

import pytest

from domain import spelling
from tests.gateways.adyen_party import adyen_party
from tests.gateways.alipay_party import alipay_party
from tests.gateways.party import Case, Party
from tests.gateways.paypal_party import paypal_party
from tests.gateways.sandbox_party import sandbox_party
from tests.gateways.stripe_party import localstripe_party, peer_party, stateful_mock_party
from tests.gateways.wechat_pay_party import wechat_pay_party

ANY_CHARACTERS = [
    "支付/1?x=y&z=#1",
    "a b",
    "../refunds",
    "ch_1/refunds",
    "%2F%00",
    "café",
    "'; drop table charges; --",
    '{"id": "ch_1"}',
    "[]=&amount=1",
    "a+b;c,d\\e",
    "🧾" * 20,
    "x" * spelling.MOST_CHARACTERS,
]

_OF_WECHAT_PAY = [
    "A-b_c|d*e@f",
    "------",
    "***|@@",
    "@" * 32,
    "0123456789",
    "4200001234202611291234567890",
    "x" * 32,
]
"""Order numbers of theirs have 6 to 32 characters of these alone; `test_wechat_pay.py` has keys of all others."""


class RunsOn(StrEnum):
    """What a party needs: Node is there where `make test-system` has installed npm's parties."""

    PYTHON = "python"
    NODE = "node"


_HERE = frozenset(RunsOn) if os.environ.get("MAKEWHOLE_NPM_PARTIES") else frozenset({RunsOn.PYTHON})


@dataclass(frozen=True, slots=True)
class Kind:
    """`what` stands in the table's cells, `open` is given the address of a database for those who keep books in one.

    `names` are what charges may be called there.
    """

    adapter: str
    what: str
    open: Callable[[str], AbstractAsyncContextManager[Party]]
    stages: frozenset[Case]
    names: Sequence[str] = tuple(ANY_CHARACTERS)
    runs_on: RunsOn = RunsOn.PYTHON


_NAMES_AT_ALIPAY = ["A-b_c", "order_1", "------", "0123456789", "2026112922001404123456789012", "x" * 32]

_NOT_OF_ALIPAY = frozenset(
    {Case.LATER_FAILURE, Case.REVERSED, Case.REPORTED, Case.FORGED, Case.REPLAYED, Case.OUT_OF_ORDER},
)
"""A refund of theirs fails at once or never, and they tell only what is done. They sign in the form and not in headers:
`test_alipay.py` has what is forged or sent twice, and the report."""

_OF_PAYPAL = frozenset(Case) - {Case.REPLAYED}
"""They send again for three days, perhaps with the first time: `test_paypal.py` has what is sent twice, or old."""

_NAMES_AT_PAYPAL = [each for each in ANY_CHARACTERS if len(each.encode()) <= 32]
"""Captures of theirs have 17 letters and digits; a key that is longer than any of ours goes by its hash there."""

_OF_ADYEN = frozenset(Case) - {Case.SHORT, Case.TRACED, Case.FORGED, Case.REPLAYED}
"""They sign in the item and not in headers, with no time, and tell of nothing that waits: `test_adyen.py` has those."""

_NAMES_AT_ADYEN = ["QFQTPCQ8HXSKGK82", "9913140798220028", "0", "x" * 32]

_OF_LOCALSTRIPE = frozenset(
    {Case.PARTIALS, Case.ALREADY_REFUNDED, Case.UNKNOWN_CHARGE, Case.UNKNOWN_OUTCOME},
)
"""It ignores idempotency keys, takes refunds of more than was paid and tells nothing of refunds: no proof of those."""

_OF_STATEFUL_MOCK = frozenset(
    {
        *(Case.AT_ONCE, Case.ANSWER_LOST, Case.ANSWER_LATE, Case.REPEATED, Case.PARTIALS, Case.OVER_REFUND),
        *(Case.DECLINED, Case.UNKNOWN_CHARGE, Case.UNKNOWN_OUTCOME),
    }
)
"""It has charges alone, each refund of which succeeds at once, and tells nothing; its keys can't be forgotten."""

_KNOWN_IN_CHINA = frozenset(Case) - {Case.TRACED}
"""Neither of the two gives a number that a bank would know."""

PARTIES: Mapping[str, Kind] = {
    "sandbox": Kind("sandbox", "own peer", sandbox_party, frozenset(Case)),
    "stripe": Kind("Stripe", "own peer", peer_party, frozenset(Case)),
    "localstripe": Kind("Stripe", "localstripe 1.15.10", localstripe_party, _OF_LOCALSTRIPE),
    "stripe-stateful-mock": Kind(
        "Stripe", "stripe-stateful-mock 0.0.16", stateful_mock_party, _OF_STATEFUL_MOCK, runs_on=RunsOn.NODE
    ),
    "wechat_pay": Kind("WeChat Pay", "own peer", wechat_pay_party, _KNOWN_IN_CHINA, tuple(_OF_WECHAT_PAY)),
    "alipay": Kind("Alipay", "own peer", alipay_party, _KNOWN_IN_CHINA - _NOT_OF_ALIPAY, tuple(_NAMES_AT_ALIPAY)),
    "paypal": Kind("PayPal", "own peer", paypal_party, _OF_PAYPAL, tuple(_NAMES_AT_PAYPAL)),
    "adyen": Kind("Adyen", "own peer", adyen_party, _OF_ADYEN, tuple(_NAMES_AT_ADYEN)),
}


def proves(case: Case) -> pytest.MarkDecorator:
    """Run a test of the suite against every party that can stage its case."""
    staging = [name for name, kind in PARTIES.items() if case in kind.stages and kind.runs_on in _HERE]
    assert staging, case
    return pytest.mark.parametrize("party", staging, indirect=True)


def proves_by_name(case: Case) -> pytest.MarkDecorator:
    """Run a test of the suite against every party that can stage its case, with each name that charges have there."""
    pairs = [(name, each) for name, kind in PARTIES.items() if case in kind.stages for each in kind.names]
    return pytest.mark.parametrize(("party", "characters"), pairs, indirect=["party"])


def staged_by() -> dict[str, dict[str, str]]:
    """Return for each case and adapter what stages it, in the words of the table."""
    adapters = dict.fromkeys(kind.adapter for kind in PARTIES.values())
    return {
        case: {
            adapter: ", ".join(
                kind.what for kind in PARTIES.values() if kind.adapter == adapter and case in kind.stages
            )
            for adapter in adapters
        }
        for case in Case
    }
