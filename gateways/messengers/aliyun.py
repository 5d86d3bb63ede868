"""SMS by Alibaba Cloud (dysmsapi 2017-05-25), to numbers of mainland China, signed as its signature V3 says.

Their texts are templates that they have approved; what we send is a code and its variables. `OutId` is our key: by it a
message whose answer was lost is found in their list.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import httpx

from domain import clock
from gateways import trusted
from gateways.messengers.letters import DeliveryReceipt, Fate, HandingOver, IsThis, Letter
from gateways.messengers.web import TIMEOUT, read, words
from gateways.ports import Declined, OutOfOrder, TryLater

ADDRESS = "https://dysmsapi.aliyuncs.com"
COUNTRY = "+86"
VERSION = "2017-05-25"
_ALGORITHM = "ACS3-HMAC-SHA256"
_THERE = ZoneInfo("Asia/Shanghai")
_PAGE = 50
_AGAIN_AFTER = timedelta(minutes=1)
_FATES = {"2": Fate.UNDELIVERED, "3": Fate.DELIVERED}
"""`SendStatus`; 1 waits for its receipt (help.aliyun.com, QuerySendDetails, read on 2026-11-30)."""
_BUSY = ("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "Throttling", "Throttling.User", "Throttling.Api")
_NOBODY_KNOWS = ("isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "InternalError", "ServiceUnavailable")
_OF_SMS = "isv."
_ABOUT_US = (
    *("isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE"),
    *("isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL", "isv.RAM_CHECK_FAILED"),
)
"""What they have against the account, of the codes of their SMS service (alibabacloud.com/help/doc-detail/73694.htm,
read on 2026-11-30). All codes of others (a signature, a clock, a right that lacks) are about it or the request."""


@dataclass(frozen=True, slots=True)
class AliyunAccount:
    """`sign` is what they put before each text; `template` the code of one whose variable `message` gets the text."""

    key_id: str
    key_secret: str = field(repr=False)
    sign: str
    template: str = ""
    address: str = ADDRESS


@dataclass(frozen=True, slots=True)
class Request:
    """One request to them, before it is signed: everything is in its query, its body is empty."""

    action: str
    query: Mapping[str, str]
    host: str
    date: str
    nonce: str
    version: str = VERSION

    @property
    def canonical_query(self) -> str:
        pairs = sorted((_escaped(name), _escaped(value)) for name, value in self.query.items())
        return "&".join(f"{name}={value}" for name, value in pairs)

    def signed(self, key_id: str, key_secret: str) -> dict[str, str]:
        """Return the headers with which they take it."""
        nothing = hashlib.sha256(b"").hexdigest()
        headers = {
            "host": self.host,
            "x-acs-action": self.action,
            "x-acs-content-sha256": nothing,
            "x-acs-date": self.date,
            "x-acs-signature-nonce": self.nonce,
            "x-acs-version": self.version,
        }
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
        canonical = "\n".join(("POST", "/", self.canonical_query, lines, names, nothing))
        to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        authorization = f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
        return {**headers, "Authorization": authorization}


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


class Aliyun:
    def __init__(self, account: AliyunAccount) -> None:
        self._account = account

    async def send(self, letter: Letter, handing_over: HandingOver) -> str:
        template, told = (letter.template, letter.facts) if letter.template else self._general(letter)
        query = {
            "PhoneNumbers": _number(letter.to),
            "SignName": self._account.sign,
            "TemplateCode": template,
            "TemplateParam": json.dumps(told, ensure_ascii=False),
            "OutId": out_id(letter),
        }
        await handing_over()
        return _taken(await self._ask("SendSms", query))

    async def look_up(self, letter: Letter, is_this: IsThis) -> str | None:  # noqa: ARG002 - they know it by our key
        return None if await self._found(letter) is None else out_id(letter)

    async def receipt(self, letter: Letter, reference: str) -> DeliveryReceipt:  # noqa: ARG002 - our key names it for ever
        found = await self._found(letter)
        if found is None:
            return DeliveryReceipt(Fate.ON_ITS_WAY)
        return DeliveryReceipt(_FATES.get(words(found, "SendStatus"), Fate.ON_ITS_WAY), words(found, "ErrCode"))

    async def _found(self, letter: Letter) -> dict[str, object] | None:
        """Look on the day on which it was handed over, and on the next where that was at midnight."""
        assert letter.asked_at is not None
        days = sorted({(letter.asked_at + timedelta(minutes=m)).astimezone(_THERE).date() for m in (-5, 0, 5)})
        for day in days:
            page = 1
            while True:
                found = await self._sent_on(f"{day:%Y%m%d}", letter.to, page)
                for each in found:
                    if words(each, "OutId") == out_id(letter):
                        return each
                if len(found) < _PAGE:
                    break
                page += 1
        return None

    async def _sent_on(self, day: str, to: str, page: int) -> list[dict[str, object]]:
        query = {"PhoneNumber": _number(to), "SendDate": day, "PageSize": str(_PAGE), "CurrentPage": str(page)}
        response = await self._ask("QuerySendDetails", query)
        answer = read(response)
        if words(answer, "Code") != "OK":
            raise OutOfOrder(f"answered {words(answer, 'Code') or response.status_code} to a look-up")
        listed = answer.get("SmsSendDetailDTOs")
        found = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _general(self, letter: Letter) -> tuple[str, Mapping[str, str]]:
        if not self._account.template:
            raise Declined("no_template", "no template of Aliyun is named for this message")
        return self._account.template, {"message": letter.text}

    async def _ask(self, action: str, query: Mapping[str, str]) -> httpx.Response:
        account = self._account
        host = urlsplit(account.address).netloc
        date = clock.of_this_machine().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        request = Request(action, query, host, date, secrets.token_hex(16))
        async with httpx.AsyncClient(timeout=TIMEOUT, verify=trusted.by_httpx_or_environment()) as http:
            url = f"{account.address}/?{request.canonical_query}"
            return await http.post(url, headers=request.signed(account.key_id, account.key_secret))


def out_id(letter: Letter) -> str:
    return hashlib.sha256(letter.key.encode()).hexdigest()[:40]


def _number(to: str) -> str:
    return to.removeprefix(COUNTRY)


def _taken(response: httpx.Response) -> str:
    answer = read(response)
    code = words(answer, "Code")
    if response.is_success and code == "OK":
        return words(answer, "BizId")
    if code in _BUSY or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TryLater(_AGAIN_AFTER, f"{code} {words(answer, 'Message')}")
    if code in _NOBODY_KNOWS or not code or response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise OutOfOrder(f"answered {code or response.status_code}")
    if _is_about_us(code):
        raise TryLater(_AGAIN_AFTER, f"{code} {words(answer, 'Message')}")
    raise Declined(code, words(answer, "Message") or "they refuse it")


def _is_about_us(code: str) -> bool:
    """Whether the letter is as good as it was, once somebody has mended the account, or the next request is right."""
    return code in _ABOUT_US or not code.startswith(_OF_SMS)
