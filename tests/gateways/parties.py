"""Which parties there are, of which adapter, and which cases each can stage: `docs/gateways.md` says the same."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest

from tests.gateways.party import Case, Party
from tests.gateways.sandbox_party import sandbox_party
from tests.gateways.stripe_party import localstripe_party, peer_party


@dataclass(frozen=True, slots=True)
class Kind:
    """`what` stands in the table's cells, `open` is given the address of a database for those who keep books in one."""

    adapter: str
    what: str
    open: Callable[[str], AbstractAsyncContextManager[Party]]
    stages: frozenset[Case]


_OF_LOCALSTRIPE = frozenset(
    {Case.PARTIALS, Case.ALREADY_REFUNDED, Case.UNKNOWN_CHARGE, Case.UNKNOWN_OUTCOME},
)
"""It ignores idempotency keys, takes refunds of more than was paid and tells nothing of refunds: no proof of those."""

PARTIES: Mapping[str, Kind] = {
    "sandbox": Kind("sandbox", "own peer", sandbox_party, frozenset(Case)),
    "stripe": Kind("Stripe", "own peer", peer_party, frozenset(Case)),
    "localstripe": Kind("Stripe", "localstripe 1.15.10", localstripe_party, _OF_LOCALSTRIPE),
}


def proves(case: Case) -> pytest.MarkDecorator:
    """Run a test of the suite against every party that can stage its case."""
    staging = [name for name, kind in PARTIES.items() if case in kind.stages]
    assert staging, case
    return pytest.mark.parametrize("party", staging, indirect=True)


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
