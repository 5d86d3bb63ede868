"""Ports that stacks and their parties are given."""

import subprocess
import sys
from pathlib import Path

from tools.stack import ports

REPOSITORY = Path(__file__).parents[3]

TAKES_IT = "from tools.stack import ports; ports.LOWEST, ports.HIGHEST = {0}, {0} + 1; print(ports.any_free())"


def test_a_port_that_somebody_was_given_is_given_to_no_other_program_before_they_listen_there() -> None:
    program = TAKES_IT.format(ports.any_free())

    other = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (other.stdout, other.returncode) == ("", 1)
    assert "StackError: no free port" in other.stderr


def test_nobody_is_given_the_same_port_twice() -> None:
    given = [ports.any_free() for _ in range(50)]

    assert len(set(given)) == len(given)
