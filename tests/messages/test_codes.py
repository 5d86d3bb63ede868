"""One-time codes: to whom they go, what is kept of them, and how often one guesses at them."""

import asyncio
import re
import secrets
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db import customers, identity_codes
from db.customers import Customer
from db.engine import open_engine
from domain.rights.proofs import CODE_LASTS, MOST_GUESSES
from domain.sale.guests import guest_id
from gateways.messengers.mail import Mail, MailServer
from service import identity
from service.vault import Vault
from tests.messages.mail_server import Does
from tests.messages.mail_server import MailServer as Peer
from tests.messages.post import MERCHANT, Post
from upkeep.codes import Codes, forget_old_identities

LILEI = "lilei@example.com"
VAULT = Vault({"k1": secrets.token_bytes(32)})


@pytest.fixture
def codes(post: Post) -> Codes:
    return sender(post, VAULT)


def sender(post: Post, vault: Vault) -> Codes:
    mail = Mail(MailServer.at(post.smtp_url, "Kettles <refunds@shop.example>"), 20.0)
    return Codes(post.engine, {"email": mail}, post.catalogue, vault)  # type: ignore[dict-item]


async def an_order(post: Post, customer_id: str, guest: str = "{}") -> str:
    order_id = f"o-{secrets.token_hex(4)}"
    await post.runs(
        "insert into orders (merchant_id, order_id, customer_id, currency, status, snapshot) values "
        "(:merchant_id, :order_id, :customer_id, 'CNY', 'paid', jsonb_build_object('guest', cast(:guest as jsonb)))",
        **{"merchant_id": MERCHANT, "order_id": order_id, "customer_id": customer_id, "guest": guest},
    )
    return order_id


async def ask(post: Post, order_id: str, contact: str = LILEI, vault: Vault = VAULT) -> str:
    mark = identity.contact_mark(vault, MERCHANT, contact)
    async with post.engine.begin() as connection:
        code_id, _ = await identity_codes.ask(connection, MERCHANT, order_id, mark, CODE_LASTS)
    return code_id


async def a_code(post: Post, codes: Codes, mail: Peer, locale: str = "en") -> tuple[str, str]:
    """A code that has come, with its id."""
    code_id = await ask(post, await an_order(post, await post.customer(email=LILEI, locale=locale)))
    await codes.send_all()
    return code_id, code_in(mail)


def code_in(mail: Peer) -> str:
    (code,) = re.findall(r"\b[0-9]{6}\b", str(mail.letters[-1].get_body(("plain",)).get_content()))  # type: ignore[union-attr]
    return str(code)


async def said(engine: AsyncEngine, code_id: str, code: str) -> Any:
    async with engine.begin() as connection:
        return await identity.open_session(connection, VAULT, code_id, code, CODE_LASTS)


async def outcomes(post: Post) -> list[str | None]:
    return [row.outcome for row in await post.runs("select outcome from identity_codes order by number")]


async def test_a_code_comes_in_the_customers_language_and_opens_one_session(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    code_id, code = await a_code(post, codes, mail_server, "zh-CN")

    opened, who = await said(post.engine, code_id, code)
    again = await said(post.engine, code_id, code)

    assert "验证码" in mail_server.letters[0]["Subject"] and mail_server.letters[0]["To"] == LILEI
    assert opened.key.startswith("mk_session_") and who.only_order_id is None and again is None
    assert await outcomes(post) == ["sent"]


async def test_a_code_that_was_under_way_while_the_contact_changed_opens_nothing(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    customer_id = await post.customer(email=LILEI)
    code_id = await ask(post, await an_order(post, customer_id))
    await codes.send_all()

    async with post.engine.begin() as connection:  # as if the API had looked for codes before this one was handed over
        await customers.put(connection, MERCHANT, Customer(customer_id, email="hanmeimei@example.com"))

    assert await said(post.engine, code_id, code_in(mail_server)) is None


async def test_fifty_who_say_the_right_code_at_once_get_one_session(
    post: Post, codes: Codes, mail_server: Peer, database_url: str
) -> None:
    code_id, code = await a_code(post, codes, mail_server)
    engine = open_engine(database_url, pool_size=50)

    opened = await asyncio.gather(*(said(engine, code_id, code) for _ in range(50)))
    await engine.dispose()

    assert sum(each is not None for each in opened) == 1
    assert len(await post.runs("select 1 from identity_sessions")) == 1


async def test_of_a_thousand_wrong_guesses_at_once_five_are_judged_and_the_right_one_comes_too_late(
    post: Post, codes: Codes, mail_server: Peer, database_url: str
) -> None:
    code_id, code = await a_code(post, codes, mail_server)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    engine, turns = open_engine(database_url, pool_size=20), asyncio.Semaphore(15)
    judged = 0

    async def guess() -> None:
        nonlocal judged
        async with turns, engine.begin() as connection:
            judged += await identity_codes.guess(connection, code_id, MOST_GUESSES) is not None

    await asyncio.gather(*(guess() for _ in range(995)), *(said(engine, code_id, wrong) for _ in range(5)))
    await engine.dispose()

    assert judged <= MOST_GUESSES and await said(post.engine, code_id, code) is None
    assert [row.guesses for row in await post.runs("select guesses from identity_codes")] == [MOST_GUESSES]


async def test_nothing_comes_for_an_order_of_somebody_else_or_of_nobody_and_no_guess_is_right(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    theirs = await an_order(post, await post.customer(email="hanmeimei@example.com"))
    asked = [await ask(post, theirs), await ask(post, "nobody-knows-this")]

    await codes.send_all()

    assert mail_server.letters == [] and await outcomes(post) == ["nobody", "nobody"]
    assert [await said(post.engine, code_id, "000000") for code_id in asked] == [None, None]


async def test_a_guest_proves_the_order_that_names_them_and_no_other(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    somebody = guest_id(secrets.token_hex(4))
    await post.runs(
        "insert into customers (merchant_id, customer_id, email, locale) values (:merchant_id, :id, :email, 'en')",
        **{"merchant_id": MERCHANT, "id": somebody, "email": LILEI},
    )
    order_id = await an_order(post, somebody, f'{{"email": "{LILEI}", "phone": null, "locale": null}}')
    code_id = await ask(post, order_id)

    await codes.send_all()
    _, who = await said(post.engine, code_id, code_in(mail_server))

    assert (who.customer_id, who.only_order_id, who.name) == (somebody, order_id, "customer:guest")


async def test_whoever_steals_the_database_has_neither_code_nor_contact_nor_session(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    code_id, code = await a_code(post, codes, mail_server)
    opened, _ = await said(post.engine, code_id, code)

    tables = ("identity_codes", "identity_sessions", "messages", "deliveries", "audit_entries")
    rows = [str(row) for table in tables for row in await post.runs(f"select row_to_json(t)::text from {table} t")]  # noqa: S608

    assert len(rows) >= 3
    assert not [row for row in rows for secret in (code, LILEI, opened.key) if secret in row.replace(code_id, "")]


async def test_a_code_that_was_put_off_is_another_when_it_comes_and_the_first_is_worth_nothing(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    mail_server.does(Does.GREYLISTS)
    code_id = await ask(post, await an_order(post, await post.customer(email=LILEI)))

    await codes.send_all()
    first = await post.runs("select code_mark from identity_codes")
    await post.runs("update identity_codes set due_at = now()")
    await codes.send_all()

    assert first != await post.runs("select code_mark from identity_codes")
    assert await said(post.engine, code_id, code_in(mail_server)) is not None


async def test_a_code_whose_answer_was_lost_counts_and_is_not_sent_again(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    mail_server.does(Does.TAKES_IT_AND_BREAKS_OFF)

    code_id, code = await a_code(post, codes, mail_server)

    assert await outcomes(post) == ["unknown"] and len(mail_server.letters) == 1
    assert await said(post.engine, code_id, code) is not None


async def test_without_a_mail_server_no_code_is_kept_and_operations_are_told_once(post: Post) -> None:
    order_id = await an_order(post, await post.customer(email=LILEI))
    for _ in range(2):
        await ask(post, order_id)

    await Codes(post.engine, {}, post.catalogue, VAULT).send_all()

    (told,) = await post.operations_heard()
    assert "one-time codes by email" in told and await outcomes(post) == ["no email", "no email"]


async def test_a_code_is_good_for_ten_minutes_and_forgotten_an_hour_later(
    post: Post, codes: Codes, mail_server: Peer
) -> None:
    code_id, code = await a_code(post, codes, mail_server)
    await post.runs("update identity_codes set expires_at = now()")

    late = await said(post.engine, code_id, code)
    await forget_old_identities(post.engine)
    kept = await outcomes(post)
    await post.runs("update identity_codes set expires_at = now() - interval '61 minutes'")
    await forget_old_identities(post.engine)

    assert late is None and kept == ["sent"] and await outcomes(post) == []


async def test_marks_of_an_older_key_are_known_while_it_is_there(post: Post) -> None:
    old, new = ("old", secrets.token_bytes(32)), ("new", secrets.token_bytes(32))
    order_id = await an_order(post, await post.customer(email=LILEI))
    await ask(post, order_id, vault=Vault(dict([old])))
    await ask(post, order_id, vault=Vault(dict([old])))

    await sender(post, Vault(dict([new, old]))).send_all()
    assert await outcomes(post) == ["sent", "sent"]

    await ask(post, order_id, vault=Vault(dict([old])))
    await sender(post, Vault(dict([new]))).send_all()
    assert await outcomes(post) == ["sent", "sent", "nobody"]
