"""How WeChat Pay signs: requests with the merchant's key, answers and callbacks with its own; v2 with a shared key."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from domain import clock
from gateways import rsa
from gateways.signatures import BadSignature
from gateways.wechat_pay.account import WeChatPayAccount
from gateways.wechat_pay.limits import SIGNATURES_ARE_GOOD_FOR

_SCHEME = "WECHATPAY2-SHA256-RSA2048"
_FIELD = re.compile(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", re.DOTALL)


def authorization(account: WeChatPayAccount, method: str, target: str, body: str) -> str:
    """Sign a request; `target` is its path with its query."""
    moment, nonce = str(int(clock.of_this_machine().timestamp())), secrets.token_hex(16)
    signature = rsa.sign(account.private_key, _lines(method, target, moment, nonce, body))
    said = {
        "mchid": account.merchant_number,
        "nonce_str": nonce,
        "signature": signature,
        "timestamp": moment,
        "serial_no": account.certificate_serial,
    }
    return f"{_SCHEME} " + ",".join(f'{name}="{value}"' for name, value in said.items())


def verify(account: WeChatPayAccount, headers: Mapping[str, str], body: bytes) -> None:
    """Accept what they signed within five minutes of now; raises BadSignature. Names of headers are in lower case."""
    moment, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    key = account.platform_keys.get(headers.get("wechatpay-serial", ""))
    if key is None or not (moment.isascii() and moment.isdigit()):
        raise BadSignature
    if abs(clock.of_this_machine().timestamp() - int(moment)) > SIGNATURES_ARE_GOOD_FOR.total_seconds():
        raise BadSignature
    signed = f"{moment}\n{nonce}\n".encode() + body + b"\n"
    if not rsa.is_signed_by(key, headers.get("wechatpay-signature", ""), signed):
        raise BadSignature


def as_v2(account: WeChatPayAccount, fields: Mapping[str, str]) -> str:
    """Write a request of the API v2: XML that is signed with the shared key."""
    said = {
        "appid": account.app_id,
        "mch_id": account.merchant_number,
        "nonce_str": secrets.token_hex(16),
        "sign_type": "HMAC-SHA256",
        **fields,
    }
    said["sign"] = _v2_signature(account, said)
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in said.items()) + "</xml>"


def from_v2(account: WeChatPayAccount, text: str) -> dict[str, str]:
    """Read an answer of the API v2; raises BadSignature. It has no fields within fields."""
    content = text[text.find("<xml>") + len("<xml>") : text.rfind("</xml>")]
    said = {name: marked or plain for name, marked, plain in _FIELD.findall(content)}
    if not hmac.compare_digest(said.get("sign", "").encode(), _v2_signature(account, said).encode()):
        raise BadSignature
    return said


def _v2_signature(account: WeChatPayAccount, said: Mapping[str, str]) -> str:
    joined = "&".join(f"{name}={said[name]}" for name in sorted(said) if name != "sign" and said[name])
    signed = joined.encode() + b"&key=" + account.api_v2_key
    return hmac.new(account.api_v2_key, signed, hashlib.sha256).hexdigest().upper()


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
