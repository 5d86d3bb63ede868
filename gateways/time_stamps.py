"""A time stamp authority (RFC 3161): a third party that signs when it was shown the hash of something."""

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, TimeStampResponse, decode_timestamp_response

from gateways import trusted

_TIMEOUT_S = 10.0
_MOST_BYTES = 64_000
"""An answer with its certificates has 2,000 to 8,000."""

_GRANTED = (0, 1)


class NotStamped(Exception):
    """The authority did not answer, or did not stamp what it was shown."""


class TimeStampAuthority:
    """One at an address; it is shown a hash, so it may be spoken to in clear. No redirect is followed."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def stamp(self, said: bytes) -> bytes:
        """Return the authority's answer for something, as `openssl ts -verify` reads it; raises NotStamped.

        Its signature is not verified here: whoever does not believe us verifies it, with the authority's certificate.
        """
        asked = TimestampRequestBuilder().data(said).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = await self._ask(asked.as_bytes())
        try:
            stamp = decode_timestamp_response(answer)
        except ValueError as unreadable:
            raise NotStamped("its answer is no time stamp") from unreadable
        if stamp.status not in _GRANTED:
            raise NotStamped(f"it refuses, with status {stamp.status}")
        if not _is_of(stamp, asked.message_imprint.message, asked.nonce):
            raise NotStamped("it has stamped something else")
        return answer

    async def _ask(self, body: bytes) -> bytes:
        headers = {"content-type": "application/timestamp-query", "accept": "application/timestamp-reply"}
        answer = b""
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=trusted.by_httpx()) as http,
                http.stream("POST", self._url, content=body, headers=headers) as reply,
            ):
                async for piece in reply.aiter_bytes():
                    answer += piece
                    if len(answer) > _MOST_BYTES:
                        raise NotStamped("its answer is too long to be a time stamp")
        except httpx.HTTPError as trouble:
            raise NotStamped(f"it does not answer: {type(trouble).__name__}") from trouble
        if reply.status_code != httpx.codes.OK:
            raise NotStamped(f"it answers {reply.status_code}")
        return answer


def _is_of(stamp: TimeStampResponse, imprint: bytes, nonce: int | None) -> bool:
    try:
        info = stamp.tst_info
    except ValueError:
        return False
    return info.message_imprint.message == imprint and info.nonce == nonce
