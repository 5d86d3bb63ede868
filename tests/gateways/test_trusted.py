"""Certificates are read once, whoever is asked: reading them takes longer than all else that a client needs."""

import ast
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from gateways import trusted

GATEWAYS = Path(trusted.__file__).parent
MAKES_A_CLIENT = "AsyncClient"


@pytest.mark.parametrize("trust", [trusted.by_httpx, trusted.by_httpx_or_environment, trusted.by_this_machine])
def test_whoever_is_asked_has_to_show_a_certificate_of_its_name(trust: Callable[[], ssl.SSLContext]) -> None:
    assert (trust().verify_mode, trust().check_hostname) == (ssl.CERT_REQUIRED, True)
    assert trust() is trust()


def test_every_client_of_a_gateway_takes_what_was_read() -> None:
    of_whom = {path.relative_to(GATEWAYS).as_posix() for path in GATEWAYS.rglob("*.py") if _reads_anew(path)}

    # The sandbox's program has one client as long as it runs, and Stripe's library reads what it brings itself.
    assert of_whom == {"sandbox/__main__.py"}


def _reads_anew(path: Path) -> bool:
    calls = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)]
    clients = [each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == MAKES_A_CLIENT]
    return any("verify" not in (given.arg for given in each.keywords) for each in clients)
