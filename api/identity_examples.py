"""Examples of codes, passkeys and sessions; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import Json

_CODE_ID = "cod_71c0d4f2a9b84e6f8d13"
_CHALLENGE_ID = "pch_3e9a70c4"
_CREDENTIAL: Json = {
    **{"id": "AbCd…", "rawId": "AbCd…", "type": "public-key", "clientExtensionResults": {}},
    "response": {"clientDataJSON": "eyJ0…", "attestationObject": "o2Nm…"},
}


def bodies() -> dict[str, Json]:
    return {
        "CodeBody": {"merchant_id": "acme-shop", "order_id": "o1", "contact": "lilei@example.com"},
        "SessionBody": {"code_id": _CODE_ID, "code": "204816"},
        "PasskeyOptionsBody": {"merchant_id": "acme-shop"},
        "PasskeyBody": {"challenge_id": _CHALLENGE_ID, "credential": _CREDENTIAL},
    }


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    session: Json = {"session_id": "ses_5d0a2c7be1f94c30", "key": "mk_session_…", "customer_id": "c1", "order_id": None}
    passkey: Json = {"passkey_id": "pky_0b6f4e21", "synced": True, "created_at": at(-30), "last_used_at": at(0)}
    return {
        "CodeAnswer": {"code_id": _CODE_ID, "expires_at": at(0)},
        "SessionAnswer": {**session, "expires_at": at(0)},
        "PasskeyOptionsAnswer": {
            **{"challenge_id": _CHALLENGE_ID, "ceremony": "authentication", "expires_at": at(0)},
            "public_key": {"challenge": "…", "rpId": "shop.example", "userVerification": "required", "timeout": 60000},
        },
        "PasskeyAnswer": passkey,
        "PasskeyList": {"items": [passkey]},
    }
