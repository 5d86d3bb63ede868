"""What may be done so often in a time: counted before it is done, and told in headers.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10, by the names of the quotas in `service/quotas.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

from api import problems
from api.access import Services
from api.problems import ProblemRaised
from db import rate_counts
from db.rate_counts import Count, CountedUse
from db.whose import of_nobody
from service.quotas import Quota

POLICY = "RateLimit-Policy"
LEFT = "RateLimit"
LIMITED = "x-limits"
"""Where a route of the document says by which quotas it is limited."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was done of a quota by a subject, this time included."""

    quota: Quota
    count: Count

    @property
    def is_over(self) -> bool:
        return self.count.count > self.quota.most

    @property
    def headers(self) -> dict[str, str]:
        return limits_left(self.quota, max(0, self.quota.most - self.count.count), self.ends_in_s)

    @property
    def ends_in_s(self) -> int:
        return whole_seconds(self.count.ends_in_s)


def whole_seconds(left_s: float) -> int:
    """Say how long to wait, never too short and never not at all."""
    return max(1, math.ceil(left_s))


def too_often(quota: Quota, ends_in_s: int) -> ProblemRaised:
    """Refuse what there is nothing left for until the count begins anew."""
    detail = f"{quota.name}: {quota.most} in {quota.window} is the most; come back later"
    return problems.too_many_requests(detail, after_s=ends_in_s, headers=limits_left(quota, 0, ends_in_s))


def limits_left(quota: Quota, left: int, ends_in_s: int) -> dict[str, str]:
    """Say in headers how often something may be done, and how often yet until the count begins anew."""
    window_s = int(quota.window.total_seconds())
    return {
        POLICY: f'"{quota.name}";q={quota.most};w={window_s}',
        LEFT: f'"{quota.name}";r={left};t={ends_in_s}',
    }


async def spend(services: Services, those: Sequence[tuple[Quota, str]]) -> dict[str, str]:
    """Count these subjects, each of its quota, in a transaction of its own: what is refused is counted too.

    Returns the headers about the first; raises Problem (`too_many_requests`) where one has no more. Of the others
    nothing is told while they have: it would say that somebody else was here.
    """
    counted = [CountedUse(quota.name, subject, quota.window) for quota, subject in those]
    with of_nobody():
        async with services.engine.begin() as connection:
            counts = await rate_counts.add(connection, counted)
    spent = [Spent(quota, count) for (quota, _), count in zip(those, counts, strict=True)]
    for each in spent:
        if each.is_over:
            raise too_often(each.quota, each.ends_in_s)
    return spent[0].headers


async def spend_of_caller(services: Services, request: Request, quota: Quota) -> dict[str, str]:
    """Count a request of its caller, of whom a mark is kept alone; as `spend`."""
    return await spend(services, [(quota, services.vault.mark("caller", address_of(request)))])


def address_of(request: Request) -> str:
    """Where a request comes from; of IPv6 the network, of which a household or a server has all."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(address)
