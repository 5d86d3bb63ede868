"""Examples of what merchants' systems are told, and of where it goes; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import REFUND_ID, Json

_EVENT_ID = "evt_2f0c6d1e9b7a4835a1c0d9e8f7061524"
_URL = "https://shop.example/makewhole"


def bodies() -> dict[str, Json]:
    return {
        "WebhookEndpointBody": {"url": _URL, "event_types": ["refund.completed", "refund.needs_attention"]},
        "RotationBody": {"overlap": "PT24H"},
        "RedeliveryBody": {"endpoint_id": "erp"},
    }


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    newest = {"secret_id": "sec_9a4b1c7d20e6f385", "created_at": at(-20), "ends_at": None}
    endpoint = {
        **{**bodies()["WebhookEndpointBody"], "enabled": True},
        **{"endpoint_id": "erp", "disabled_because": None, "failing_since": None, "secrets": [newest]},
        **{"secret": None, "updated_at": at(-20)},
    }
    event = _event(at)
    return {
        "WebhookEndpointAnswer": endpoint,
        "WebhookEndpointList": {"items": [endpoint], "next": None},
        "RotationAnswer": {**newest, "endpoint_id": "erp", "secret": "whsec_…"},
        "WebhookEventAnswer": event,
        "WebhookEventList": {"items": [event], "next": None},
    }


def _event(at: Callable[[int], str]) -> Json:
    attempt = {"at": at(0), "url": _URL, "duration_ms": 41, "status_code": 204, "answer": "", "trouble": None}
    taken = {"endpoint_id": "erp", "status": "delivered", "attempts": 1, "next_at": None, "log": [attempt]}
    about = {"refund_id": REFUND_ID, "order_id": "o1", "sequence": 9, "at": at(0), "body": None}
    return {"event_id": _EVENT_ID, "type": "refund.completed", **about, "deliveries": [taken]}
