"""Every package that is installed has a licence that somebody has looked at."""

from typing import Any

import pytest

from tools.licences import LICENCES, TOP, NotSaid, licence_of, licences


def test_the_list_is_as_new_as_the_lock_files() -> None:
    assert LICENCES.read_text(encoding="utf-8") == licences(TOP), "write it anew with `make licences`"


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"license_expression": "Apache-2.0 OR BSD-3-Clause", "license": "see LICENSE"}, "Apache-2.0 OR BSD-3-Clause"),
        ({"license": "3-Clause BSD License"}, "BSD-3-Clause"),
        ({"license": "Dual License", "classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
    ],
)
def test_a_licence_is_read_where_a_package_says_it(said: dict[str, Any], licence: str) -> None:
    assert licence_of({"name": "some-package", **said}) == licence


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"license_expression": "AGPL-3.0-only"},
        {"license_expression": "MIT AND SSPL-1.0"},
        {"license": "Proprietary"},
        {"classifier": ["License :: OSI Approved :: GNU Affero General Public License v3"]},
    ],
)
def test_a_licence_that_nobody_has_looked_at_is_named(said: dict[str, Any]) -> None:
    with pytest.raises(NotSaid, match="some-package"):
        licence_of({"name": "some-package", **said})
