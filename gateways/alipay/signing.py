"""How Alipay signs (RSA2): requests and notifications as sorted fields, answers letter by letter."""

import json
from collections.abc import Mapping
from typing import Any

from gateways import rsa
from gateways.alipay.account import AlipayAccount
from gateways.signatures import BadSignature

_NOT_SIGNED = ("sign", "sign_type")


def signed(account: AlipayAccount, fields: Mapping[str, str]) -> dict[str, str]:
    return {**fields, "sign": rsa.sign(account.private_key, _content(fields, without=("sign",)))}


def verify(account: AlipayAccount, fields: Mapping[str, str]) -> None:
    """Accept a notification that they signed; raises BadSignature."""
    content = _content(fields, without=_NOT_SIGNED)
    if not rsa.is_signed_by(account.alipay_public_key, fields.get("sign", ""), content):
        raise BadSignature


def verified(account: AlipayAccount, text: str, name: str) -> dict[str, Any]:
    """Return the node of an answer that they signed, as it stands in the text; raises BadSignature.

    Only the first node of that name is looked at, and the text has to be one JSON object around it.
    """
    try:
        whole = json.loads(text)
        begin = text.index(f'"{name}"') + len(name) + 2
        begin = text.index("{", begin)
        said, end = json.JSONDecoder().raw_decode(text, begin)
        sign = str(whole["sign"])
    except (ValueError, KeyError, TypeError) as unclear:
        raise BadSignature from unclear
    if whole.get(name) != said or not rsa.is_signed_by(account.alipay_public_key, sign, text[begin:end].encode()):
        raise BadSignature
    return dict(said)


def _content(fields: Mapping[str, str], *, without: tuple[str, ...]) -> bytes:
    kept = sorted((name, value) for name, value in fields.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in kept).encode()
