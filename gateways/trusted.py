"""Whose certificates we trust when we ask another: read once a process, as reading them takes 40 ms of a core.

Each account of a provider has a client of its own, and many messages have: they would read them again and again.
"""

import ssl
from functools import cache

import httpx


@cache
def by_httpx() -> ssl.SSLContext:
    """What `httpx` brings, whatever the environment names: for clients with `trust_env=False`."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def by_httpx_or_environment() -> ssl.SSLContext:
    """The same, or what SSL_CERT_FILE or SSL_CERT_DIR names: for clients that heed the environment."""
    return httpx.create_ssl_context()


@cache
def by_this_machine() -> ssl.SSLContext:
    """What the system trusts: for servers that merchants name."""
    return ssl.create_default_context()
