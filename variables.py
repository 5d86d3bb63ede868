"""How each setting is written in the environment: what is wrong with one says a ValueError, which repeats no secret."""

import base64
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

ANSWER_WITHIN_S = 25
"""Shorter than the 30 s that clients wait by habit."""

OWNER_DATABASE_URL = "MAKEWHOLE_OWNER_DATABASE_URL"
AUDIT_KEYS = "MAKEWHOLE_AUDIT_KEYS"
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+")
_WEBHOOK_SECRETS = re.compile(r"MAKEWHOLE_([A-Z0-9_]+)_WEBHOOK_SECRETS")

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_KEY_BYTES = 32
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how Standard Webhooks marks a secret
_SECRET_BYTES = range(24, 65)
_FEWEST_KINDS_OF_BYTES = 8
"""Random bytes have more; examples repeat a letter or two."""
TO_POSTGRES, TO_TEMPORAL, TO_US = NETWORKS = ("postgres", "temporal", "api")
"""Between programs on two machines each is encrypted, unless MAKEWHOLE_PLAINTEXT names it."""
_ENCRYPTED_MODES = frozenset({"require", "verify-ca", "verify-full"})
"""Of libpq's `sslmode`; with the others it goes on in clear where the server has no TLS."""
_PUBLISHED_PASSWORDS = frozenset({"local-use-only"})
"""Passwords that stood in this repository: everybody knows them."""


def webhook_secrets(environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Read `MAKEWHOLE_<SOURCE>_WEBHOOK_SECRETS` of every source, separated by spaces.

    Raises ValueError for one that is not random enough to be a secret, which repeats none.
    """
    named = {name: _WEBHOOK_SECRETS.fullmatch(name) for name in environment}
    secrets = {name: tuple(environment[name].split()) for name, found in named.items() if found}
    for name, several in secrets.items():
        for place, each in enumerate(several, start=1):
            secret = _from_base64(each.removeprefix(_SECRET_PREFIX))
            if not each.startswith(_SECRET_PREFIX) or len(secret) not in _SECRET_BYTES or _is_an_example(secret):
                raise ValueError(
                    f"{name} is wrong at secret {place}: write {_SECRET_PREFIX} and 24 to 64 random bytes in base64 "
                    f'(echo "{_SECRET_PREFIX}$(openssl rand -base64 32)")'
                )
    return {found[1].lower(): secrets[name] for name, found in named.items() if found}


def encryption_keys(environment: Mapping[str, str]) -> dict[str, bytes]:
    """Read `MAKEWHOLE_ENCRYPTION_KEYS`; raises ValueError, which repeats no key."""
    return keys(environment, "MAKEWHOLE_ENCRYPTION_KEYS")


def payload_keys(environment: Mapping[str, str]) -> dict[str, bytes]:
    """Read `MAKEWHOLE_PAYLOAD_KEYS`; raises ValueError, which repeats no key."""
    return keys(environment, "MAKEWHOLE_PAYLOAD_KEYS")


def keys(environment: Mapping[str, str], name: str) -> dict[str, bytes]:
    """Read `id:key` each, separated by spaces, the key 32 bytes in base64; raises ValueError, which repeats no key."""
    keys: dict[str, bytes] = {}
    for place, each in enumerate(environment.get(name, "").split(), start=1):
        key_id, _, written = each.partition(":")
        key = _from_base64(written)
        if not _KEY_ID.fullmatch(key_id) or len(key) != _KEY_BYTES or key_id in keys or _is_an_example(key):
            raise ValueError(
                f"{name} is wrong at key {place}: write id:key, each id once, letters and digits, "
                "the key 32 random bytes in base64 (openssl rand -base64 32)"
            )
        keys[key_id] = key
    return keys


def web_address(environment: Mapping[str, str], name: str, whose: str) -> str:
    """Read where something is, "" where that is not set; raises ValueError for what is no address."""
    url = environment.get(name, "")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(f"{name} is no address: write http://… or https://… of {whose}")
    return url


def pages(environment: Mapping[str, str]) -> str:
    """Read `MAKEWHOLE_PAGES`, where customers find the pages; raises ValueError where a path is named too."""
    url = web_address(environment, "MAKEWHOLE_PAGES", "the pages").rstrip("/")
    parts = urlsplit(url)
    if parts.path or parts.query or parts.fragment:
        raise ValueError(
            f"MAKEWHOLE_PAGES is {url}: write where the pages are and no path, https://refunds.shop.example"
        )
    return url


def limits(environment: Mapping[str, str]) -> dict[str, int]:
    """Read `MAKEWHOLE_LIMITS`: `name=number` each, separated by spaces; raises ValueError."""
    return _numbers(environment, "MAKEWHOLE_LIMITS", 1, 10**9, "name=number, a whole number from 1 on")


def idle_minutes(environment: Mapping[str, str]) -> dict[str, int]:
    """Read `MAKEWHOLE_IDLE_MINUTES`: `customers=10 staff=15`, either or both; raises ValueError."""
    return _numbers(
        environment, "MAKEWHOLE_IDLE_MINUTES", 2, 1_440, "customers=10 or staff=15, whole minutes from 2 on"
    )


def _numbers(environment: Mapping[str, str], setting: str, least: int, most: int, right: str) -> dict[str, int]:
    said = [each.partition("=") for each in environment.get(setting, "").split()]
    for name, _, number in said:
        if not number.isascii() or not number.isdigit() or not least <= int(number) <= most:
            raise ValueError(f"{setting} is wrong at {name!r}: write {right}")
    return {name: int(number) for name, _, number in said}


def database_address(environment: Mapping[str, str], name: str) -> str:
    """Read the address of a PostgreSQL server, "" where it is not set.

    Raises ValueError where its password is one that stands in our repository, or another machine is reached in clear.
    """
    address = environment.get(name, "")
    parts = urlsplit(address)
    if unquote(parts.password or "") in _PUBLISHED_PASSWORDS:
        raise ValueError(f"{name} has a password that everybody can read in makewhole's repository: choose another")
    is_encrypted = not _ENCRYPTED_MODES.isdisjoint(parse_qs(parts.query).get("sslmode", [])[-1:])
    if not (is_encrypted or is_here(parts.hostname or "") or TO_POSTGRES in plaintext(environment)):
        raise ValueError(
            f"{name} reaches {parts.hostname} without TLS: end it with ?sslmode=verify-full&sslrootcert=/a/ca.pem, "
            "or set MAKEWHOLE_PLAINTEXT=postgres where the network between is yours alone"
        )
    return address


def plaintext(environment: Mapping[str, str]) -> frozenset[str]:
    """Read `MAKEWHOLE_PLAINTEXT`, networks separated by spaces; raises ValueError for one that is unknown."""
    named = frozenset(environment.get("MAKEWHOLE_PLAINTEXT", "").split())
    if unknown := sorted(named - set(NETWORKS)):
        raise ValueError(f"MAKEWHOLE_PLAINTEXT names {', '.join(unknown)}: there are {', '.join(NETWORKS)}")
    return named


def certificate_and_key(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Read where the API's certificate and its key are; raises ValueError for one without the other."""
    files = environment.get("MAKEWHOLE_TLS_CERTIFICATE", ""), environment.get("MAKEWHOLE_TLS_KEY", "")
    if not any(files):
        return None
    if not all(files):
        raise ValueError("MAKEWHOLE_TLS_CERTIFICATE and MAKEWHOLE_TLS_KEY go together: name both files, or none")
    return files


def is_here(host: str) -> bool:
    """Whether a host is this machine; "" is a socket of it."""
    return host in ("", "localhost", "::1") or bool(_LOOPBACK.fullmatch(host))


def _from_base64(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except ValueError:
        return b""


def _is_an_example(secret: bytes) -> bool:
    return len(set(secret)) < _FEWEST_KINDS_OF_BYTES


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise ValueError(f"MAKEWHOLE_PORT is {text!r}: a port is a whole number from 0 (any free one) to 65535")
    return int(text)


def worker_count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 64:
        raise ValueError(f"MAKEWHOLE_WORKERS is {text!r}: the number of worker processes is from 1 to 64")
    return int(text)


def answer_within(environment: Mapping[str, str]) -> int:
    text = environment.get("MAKEWHOLE_ANSWER_WITHIN_S", str(ANSWER_WITHIN_S))
    if not text.isascii() or not text.isdigit() or not 5 <= int(text) <= 600:
        raise ValueError(f"MAKEWHOLE_ANSWER_WITHIN_S is {text!r}: a request is answered within 5 to 600 whole seconds")
    return int(text)


def yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name) or "no"
    if text not in ("yes", "no"):
        raise ValueError(f"{name} is {text!r}: write yes or no")
    return text == "yes"
