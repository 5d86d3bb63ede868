# Written by `make client`; change the document, or the async half, instead.
"""Requests: policy."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import PolicyAnswer, PolicyBody, WhatIfBody, WhatIfRefund, WhatIfSummary


def get_policy() -> Call[PolicyAnswer]:
    return Call("GET", "/v1/policy", call.json_of(PolicyAnswer))


def put_policy(body: PolicyBody) -> Call[PolicyAnswer]:
    return Call("PUT", "/v1/policy", call.json_of(PolicyAnswer), body=body)


def simulate_policy(body: WhatIfBody) -> Call[WhatIfRefund | WhatIfSummary]:
    return Call(
        "POST", "/v1/policy/simulation", call.one_of(WhatIfRefund, WhatIfSummary), body=body, comes_by_lines=True
    )
