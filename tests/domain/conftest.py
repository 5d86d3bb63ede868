"""What the tests of the rules need; the mutation tests run them without what stands above."""

import pytest

from tests.examples import choose_profile

pytest.register_assert_rewrite("tests.domain.checks")

choose_profile()
