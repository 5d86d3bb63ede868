"""What the tests of pages share."""

from collections.abc import AsyncIterator

import pytest

from tests.messages.mail_server import MailServer, serve


@pytest.fixture(scope="session")
async def mail(mail_port: int) -> AsyncIterator[MailServer]:
    """Where codes come in."""
    async with serve(mail_port) as server:
        yield server
