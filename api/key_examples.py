"""Examples of API keys, of their owner's requests and the answers; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import Json


def bodies(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    return {
        "ApiKeyBody": {"role": "reviewer", "person": "han.meimei", "expires_at": at(90)},
        "KeyRotationBody": {"overlap": "PT24H", "expires_at": at(90)},
        "CustomerKeyBody": {"expires_at": at(1)},
    }


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    key = {
        **{"key_id": "key_5d0a2c7be1f94c30a86d1f0b7c9e2a41", "prefix": "mk_reviewer_Qx4TzL", "role": "reviewer"},
        **{"person": "han.meimei", "customer_id": None, "made_by": "owner:lilei", "created_at": at(0)},
        **{"expires_at": at(90), "revoked_at": None, "last_used_at": None},
    }
    caller = {"merchant_id": "acme", "role": "reviewer", "name": "reviewer:han.meimei", "person": "han.meimei"}
    return {
        "CallerAnswer": {**caller, "customer_id": None, "time_zone": "Asia/Shanghai"},
        "ApiKeyAnswer": key,
        "NewApiKeyAnswer": {**key, "key": "mk_reviewer_…"},
        "ApiKeyList": {"items": [key], "next": None},
    }
