"""Versions of stored documents: what an earlier version of makewhole wrote is brought into today's shape when read.

A document that changes its shape gets one more upgrade here, from the shape before to the next. Rows that each version
wrote are kept in tests/db/recorded and read in every run.
"""

from collections.abc import Callable
from typing import Any

from domain.settlement.differences import Difference
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

_VERSION = "version"


class NewerVersion(ValueError):
    """A later version of makewhole wrote this document; reading it in the shape of today would guess."""


def _same(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 only says that it is one."""
    return document


UPGRADES: dict[Any, tuple[Upgrade, ...]] = {Settlement: (_same,), SettlementInputs: (_same,), Difference: (_same,)}
"""By kind of document the way from each version to the next, beginning with those that had no number."""


def written(kind: Any, document: Any) -> Any:
    """Add the version of today to a document, if its kind has versions."""
    return {_VERSION: len(UPGRADES[kind]), **document} if kind in UPGRADES else document


def read(kind: Any, stored: Any) -> Any:
    """Bring a stored document into the shape of today."""
    if kind not in UPGRADES or not isinstance(stored, dict):
        return stored
    document, upgrades = dict(stored), UPGRADES[kind]
    version = document.pop(_VERSION, 0)
    if version > len(upgrades):
        raise NewerVersion(f"a {kind.__name__} of version {version}: versions up to {len(upgrades)} are known here")
    for upgrade in upgrades[version:]:
        document = upgrade(document)
    return document
