"""Examples of identity providers and of sessions of staff; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import Json

_PROVIDER: Json = {
    "issuer": "https://login.shop.example",
    "client_id": "makewhole",
    "address": "https://refunds.shop.example",
    "roles": [{"claim": "groups", "value": "refund-reviewers", "role": "reviewer"}],
    "people": [{"person": "han.meimei", "subject": None, "email": "han@shop.example"}],
    "email_domains": ["shop.example"],
    "required_claims": [{"claim": "amr", "value": "mfa"}],
    "signed_in_within": "PT12H",
}
_PATH = "/v1/sign-in/Yq3mT8sLwA5vRk0ZcJx7Bn2E"


def bodies() -> dict[str, Json]:
    return {"IdentityProviderBody": {**_PROVIDER, "client_secret": "as the provider says it"}}


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    places = {"sign_in_path": _PATH, "redirect_uri": f"https://refunds.shop.example{_PATH}/callback"}
    provider = {"provider_id": "okta", **_PROVIDER, **places, "updated_at": at(0)}
    who = {"session_id": "sst_5d0a2c7be1f94c30", "provider_id": "okta", "person": "han.meimei", "role": "reviewer"}
    session = {**who, "created_at": at(0), "expires_at": at(1)}
    return {
        "IdentityProviderAnswer": provider,
        "IdentityProviderList": {"items": [provider]},
        "StaffSessionAnswer": session,
        "OwnSessionAnswer": {**session, "csrf_token": "as it is made of the session"},
        "StaffSessionList": {"items": [session], "next": None},
        "SignedOutAnswer": {"end_session_url": "https://login.shop.example/logout?client_id=makewhole"},
    }
