"""The real orders are not part of the repository: where they lie beside it, and always in CI, they are replayed."""

import os

from tools.retail.data import DataMissing, find

collect_ignore: list[str] = []
try:
    find(os.environ)
except DataMissing:
    if "CI" not in os.environ:
        collect_ignore.append("test_retail.py")


def pytest_report_header() -> list[str]:
    return [f"left out, because its data is not there: {name}" for name in collect_ignore]
