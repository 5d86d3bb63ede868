"""Which parties there are, of which adapter, and which cases each can stage: `docs/carriers.md` says the same."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.carriers.karrio_parties import generic_party, ups_party
from tests.carriers.party import Case, Party
from tests.carriers.sandbox_party import sandbox_party


@dataclass(frozen=True, slots=True)
class Kind:
    """`what` stands in the table's cells."""

    adapter: str
    what: str
    open: Callable[[AsyncEngine], AbstractAsyncContextManager[Party]]
    stages: frozenset[Case]


_EVERY = frozenset(Case)
_OF_SANDBOX = _EVERY - {Case.PRINTS, Case.BROKEN, Case.TOO_LATE, Case.VOID_MEANWHILE}
"""It prints plainly, is asked in one transaction, and calls everything off."""

_OF_GENERIC = _EVERY - {Case.ANSWER_LOST, Case.BROKEN, Case.TOO_LATE, Case.POLLED, Case.REFUSED}
"""It draws labels in our own process and asks nobody, so there is nobody who refuses, breaks down, or can be asked."""

_OF_UPS = _EVERY - {Case.PRINTS, Case.WEBHOOK, Case.FORGED, Case.REPLAYED, Case.OUT_OF_ORDER}
"""It draws pictures, which become PDFs. Webhooks are read alike for every carrier of karrio's."""

PARTIES: Mapping[str, Kind] = {
    "sandbox": Kind("sandbox", "own peer", sandbox_party, _OF_SANDBOX),
    "generic": Kind("karrio", "karrio-generic 2026.1.32", generic_party, _OF_GENERIC),
    "ups": Kind("karrio", "own peer (UPS)", ups_party, _OF_UPS),
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
