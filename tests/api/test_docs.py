"""The document can be read in a browser without any other host."""

import re
from urllib.parse import urljoin

from db.api_keys import Role
from tests.shop import Shop


async def test_the_page_and_every_file_it_names_come_from_here(shop: Shop) -> None:
    page = await shop.http.get("/docs")

    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) >= 4
    for name in named:
        answer = await shop.http.get(urljoin("/docs", name))
        assert answer.status_code == 200 and len(answer.content) > 100, name


async def test_neither_the_page_nor_its_start_names_another_host(shop: Shop) -> None:
    page, start = await shop.http.get("/docs"), await shop.http.get("/docs/start.js")

    assert not re.search(r"(https?:)?//[a-z]", page.text + start.text)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "validatorUrl: null" in start.text


async def test_no_answer_is_kept_by_a_cache_or_taken_for_another_kind_of_file(shop: Shop) -> None:
    answers = [
        await shop.raw(Role.OPS, "GET", "/v1/refunds"),
        await shop.raw(Role.OPS, "GET", "/v1/refunds/none"),
        await shop.raw(Role.OPS, "GET", "/v1/nowhere"),
        await shop.http.get("/v1/refunds"),
        await shop.http.get("/healthz"),
        await shop.http.get("/openapi.json"),
        await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", content=b"x" * 5_000_000),
    ]

    for answer in answers:
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert "default-src 'none'" in answer.headers["content-security-policy"], answer.url
        assert answer.headers["referrer-policy"] == "no-referrer", answer.url
        assert "strict-transport-security" not in answer.headers, "it means nothing where TLS did not bring it"


async def test_no_page_of_ours_stands_in_the_frame_of_another(shop: Shop) -> None:
    for path in ("/docs", "/healthz"):
        assert "frame-ancestors 'none'" in (await shop.http.get(path)).headers["content-security-policy"]


async def test_who_came_by_tls_is_told_to_come_by_tls_again(shop: Shop) -> None:
    answer = await shop.http.get("/healthz", headers={"X-Forwarded-Proto": "https"})

    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
