"""SMS by the API of Twilio (2010-04-01), and by those who are compatible with it.

It has no keys. What was asked for without an answer is looked for in its list: to this number, since we asked, with
this text, and none that another message of ours is known to be. The list is asked for no time: that would be when a
message was sent, which one that is queued there has not been.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from gateways import trusted
from gateways.messengers.letters import DeliveryReceipt, Fate, HandingOver, IsThis, Letter
from gateways.messengers.web import TIMEOUT, read, words
from gateways.ports import Declined, OutOfOrder, TryLater
from gateways.retry_after import retry_after

ADDRESS = "https://api.twilio.com"
_SLACK = timedelta(minutes=1)
"""So much may their clock differ from ours."""
_AGAIN_AFTER, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
_AGAIN_AFTER_US = timedelta(minutes=1)
"""Somebody has to mend our account first."""
_PAGE = 1000
_FATES = {
    "delivered": Fate.DELIVERED,
    "read": Fate.DELIVERED,
    "undelivered": Fate.UNDELIVERED,
    "failed": Fate.UNDELIVERED,
    "canceled": Fate.UNDELIVERED,
}
"""All other statuses are those of one that is on its way (twilio.com/docs/messaging/api/message-resource, read on
2026-11-30)."""

_ABOUT_US = frozenset(
    {
        *("10001", "10002", "20005", "20008", "30002"),  # the account, its trial
        *("21212", "21267", "21601", "21603", "21606", "21659", "21660", "21661"),  # the sender
        *("21701", "21703", "21705", "30124", "30127"),  # the messaging service
        *("14107", "21611", "60728", "63017", "63038"),  # so many, or so fast
    }
)
"""What they have against the account or the sender, which are ours (twilio.com/docs/api/errors, read on 2026-12-01)."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """`sender` is a number of theirs, or a messaging service (`MG…`)."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    address: str = ADDRESS


class Twilio:
    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    async def send(self, letter: Letter, handing_over: HandingOver) -> str:
        body = {"To": letter.to, "Body": letter.text, **self._from()}
        async with self._http() as http:
            await handing_over()
            return _taken(await http.post(self._path, data=body))

    async def look_up(self, letter: Letter, is_this: IsThis) -> str | None:
        assert letter.asked_at is not None
        since = letter.asked_at - _SLACK
        async with self._http() as http:
            async for page in self._pages(http, letter.to):
                new = [each for each in page if _made(each) >= since]
                for each in new:
                    is_like = words(each, "body") == letter.text and _is_to(each, letter.to)
                    if is_like and await is_this(words(each, "sid")):
                        return words(each, "sid")
                if not new:
                    break
        return None

    async def receipt(self, letter: Letter, reference: str) -> DeliveryReceipt:  # noqa: ARG002 - they know it by their own name
        async with self._http() as http:
            response = await http.get(f"{self._account_path}/Messages/{quote(reference, safe='')}.json")
        if response.status_code != httpx.codes.OK:
            raise OutOfOrder(f"answered {response.status_code} to a question for a receipt")
        answer = read(response)
        why = (words(answer, "error_code"), words(answer, "error_message") or words(answer, "status"))
        return DeliveryReceipt(_FATES.get(words(answer, "status"), Fate.ON_ITS_WAY), " ".join(filter(None, why)))

    async def _pages(self, http: httpx.AsyncClient, to: str) -> AsyncIterator[list[dict[str, object]]]:
        """Read the list of messages to a number, the newest first; who is compatible may go on with those to others."""
        path = str(httpx.URL(self._path, params={"To": to, "PageSize": _PAGE}))
        while path:
            response = await http.get(path)
            if response.status_code != httpx.codes.OK:
                raise OutOfOrder(f"answered {response.status_code} to a look-up")
            page = read(response)
            yield _listed(page)
            path = words(page, "next_page_uri")

    @property
    def _account_path(self) -> str:
        return f"/2010-04-01/Accounts/{self._account.account_sid}"

    @property
    def _path(self) -> str:
        return f"{self._account_path}/Messages.json"

    def _from(self) -> dict[str, str]:
        sender = self._account.sender
        return {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": sender}

    def _http(self) -> httpx.AsyncClient:
        account = self._account
        return httpx.AsyncClient(
            base_url=account.address,
            auth=(account.account_sid, account.auth_token),
            timeout=TIMEOUT,
            verify=trusted.by_httpx_or_environment(),
        )


def _taken(response: httpx.Response) -> str:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TryLater(_retry_after(response), "429: too many requests")
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise OutOfOrder(f"answered {response.status_code}")
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):  # about us, not about the message
        raise TryLater(_AGAIN_AFTER_US, f"{response.status_code}: they do not take our key")
    answer = read(response)
    if response.is_success:
        return words(answer, "sid")
    code, why = words(answer, "code") or str(response.status_code), words(answer, "message") or "they refuse it"
    if code in _ABOUT_US:
        raise TryLater(_AGAIN_AFTER_US, f"{code} {why}")
    raise Declined(code, why)


def _retry_after(response: httpx.Response) -> timedelta:
    return min(retry_after(response.headers.get("Retry-After", ""), _AGAIN_AFTER), _LONGEST_PAUSE)


def _listed(page: dict[str, object]) -> list[dict[str, object]]:
    found = page.get("messages")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _is_to(message: dict[str, object], number: str) -> bool:
    return words(message, "to").lstrip("+") == number.lstrip("+")


def _made(message: dict[str, object]) -> datetime:
    """When it was made, as RFC 2822 writes it; what says no time is taken for new."""
    try:
        return parsedate_to_datetime(words(message, "date_created"))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
