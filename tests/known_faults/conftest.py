"""The reconciler of the tests, as in tests/reconciliation."""

from tests.reconciliation.conftest import reconciler

__all__ = ["reconciler"]
