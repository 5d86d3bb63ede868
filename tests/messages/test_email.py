"""Messages that leave by e-mail: each at most once, whatever the mail server does, and nothing is lost unseen."""

import asyncio

import pytest

from domain.delivery.channels import Channel
from tests.messages.mail_server import Does, MailServer, serve
from tests.messages.post import Post


async def test_a_message_arrives_in_two_forms_and_in_the_language_of_its_reader(
    post: Post, mail_server: MailServer
) -> None:
    customer = await post.customer(name="李雷 <b>", email="lilei@example.com", locale="zh-CN")
    await post.told(customer, locale="zh-CN", body="您的退款请求已审核通过", refund_id=None)

    await post.goes_out()

    (letter,) = mail_server.letters
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert letter.get_content_type() == "multipart/alternative"
    assert (letter["To"], letter["From"]) == ("lilei@example.com", "Kettles <refunds@shop.example>")
    assert letter["Subject"] == "关于您在本店的退款申请"
    assert plain.get_content().splitlines()[:3] == ["李雷 <b>，您好！", "", "您的退款请求已审核通过"]
    assert '<html lang="zh-CN">' in html.get_content()
    assert "<p>李雷 &lt;b&gt;，您好！</p>" in html.get_content()
    assert letter["Auto-Submitted"] == "auto-generated"
    assert await post.ended() == [("sent", "")]


async def test_a_server_that_refuses_for_now_is_asked_again(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(email="a@example.com"))
    mail_server.does(Does.GREYLISTS, Does.GREYLISTS)

    for _ in range(4):
        await post.goes_out()

    assert len(mail_server.letters) == 1
    assert mail_server.attempts == 3
    assert await post.ended() == [("sent", "")]


async def test_what_a_server_does_not_take_is_counted_until_it_does(post: Post, mail_server: MailServer) -> None:
    for _ in range(2):
        await post.told(await post.customer(email="a@example.com"))
    mail_server.does(*[Does.GREYLISTS] * 2)
    before = await post.delays()
    await post.goes_out()
    await post.runs("update deliveries set created_at = now() - interval '1 hour'")

    not_taken = await post.delays()
    await post.goes_out()
    after = await post.delays()

    assert before == after == {"email": (0, 0), "sms": (0, 0)}
    assert (not_taken["email"][0], not_taken["sms"]) == (2, (0, 0))
    assert not_taken["email"][1] >= 3600


async def test_what_nobody_tries_is_counted_as_not_taken(post: Post) -> None:
    await post.told(await post.customer(email="a@example.com"))
    await post.sender().plan_all()

    assert (await post.delays())["email"][0] == 1


async def test_between_two_attempts_it_is_left_alone(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(email="a@example.com"))
    mail_server.does(Does.GREYLISTS)
    await post.goes_out()

    await post.sender().send_all(Channel.EMAIL)

    assert mail_server.attempts == 1


@pytest.mark.parametrize("refusal", [Does.REFUSES_THE_RECIPIENT, Does.REFUSES_THE_LETTER])
async def test_what_is_refused_for_good_is_stopped_and_operations_see_it(
    post: Post, mail_server: MailServer, refusal: Does
) -> None:
    await post.told(await post.customer(email="gone@example.com"), refund_id="rf_1")
    mail_server.does(refusal)

    await post.goes_out()
    await post.goes_out()

    assert (mail_server.letters, mail_server.attempts) == ([], 1)
    code, words = str(refusal).split(" ", 1)
    assert await post.ended() == [("refused", f"{code} {words}")]
    (heard,) = await post.operations_heard()
    assert "rf_1" in heard
    assert words in heard


async def test_a_letter_whose_answer_was_lost_is_not_sent_twice_and_operations_see_it(
    post: Post, mail_server: MailServer
) -> None:
    await post.told(await post.customer(email="a@example.com"))
    mail_server.does(Does.TAKES_IT_AND_BREAKS_OFF)

    for _ in range(3):
        await post.goes_out()

    assert len(mail_server.letters) == 1
    assert await post.ended() == [("unknown", "")]
    (heard,) = await post.operations_heard()
    assert "may not have arrived" in heard


async def test_a_server_that_hangs_is_left_after_a_while_and_what_it_did_not_get_is_sent_again(
    post: Post, mail_server: MailServer
) -> None:
    await post.told(await post.customer(email="a@example.com"))
    mail_server.does(Does.HANGS_AT_THE_RECIPIENT)

    while not mail_server.met.is_set():  # on a slow machine the server may not have come so far
        await post.goes_out(post.sender(timeout_s=0.5))
    await post.goes_out()

    assert len(mail_server.letters) == 1
    assert await post.ended() == [("sent", "")]


async def test_what_could_not_be_sent_for_days_is_given_up_and_operations_see_it(post: Post) -> None:
    async with serve() as gone:
        post.smtp_url = gone.url
    await post.told(await post.customer(email="a@example.com"))
    await post.goes_out()
    assert await post.operations_heard() == []

    await post.runs("update deliveries set created_at = created_at - interval '3 days'")
    await post.goes_out()

    ((outcome, _),) = await post.ended()
    assert outcome == "given_up"
    (heard,) = await post.operations_heard()
    assert "is given up" in heard


async def test_a_second_round_is_told_again_and_no_event_twice(post: Post, mail_server: MailServer) -> None:
    customer = await post.customer(email="a@example.com")
    for in_round in (1, 1, 2, 2):
        await post.told(customer, refund_id="rf_1", topic="completed", round=in_round)

    await post.goes_out()
    await post.goes_out()

    assert len({letter["Message-ID"] for letter in mail_server.letters}) == len(mail_server.letters) == 2


async def test_an_attempt_that_is_repeated_names_the_same_letter(post: Post, mail_server: MailServer) -> None:
    """Who gets it twice all the same, because our database came back from an older copy, can tell that it is one."""
    customer = await post.customer(email="a@example.com")
    for _ in range(2):
        await post.runs("truncate messages, deliveries")
        await post.told(customer, refund_id="rf_1")
        await post.goes_out()

    assert len({letter["Message-ID"] for letter in mail_server.letters}) == 1


async def test_two_senders_share_the_work(post: Post, mail_server: MailServer) -> None:
    customer = await post.customer(email="a@example.com")
    for _ in range(45):
        await post.told(customer)

    senders = [post.sender() for _ in range(3)]
    await asyncio.gather(*(each.plan_all() for each in senders))
    await asyncio.gather(*(each.send_all(Channel.EMAIL) for each in senders))

    assert len(mail_server.letters) == len({letter["Message-ID"] for letter in mail_server.letters}) == 45


async def test_who_has_no_address_has_the_inbox_and_operations_nothing(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(phone="+8613800000000"))

    await post.goes_out()

    assert (mail_server.attempts, await post.ended(), await post.operations_heard()) == (0, [], [])


async def test_a_guest_who_has_an_account_by_now_is_reached_there(post: Post, mail_server: MailServer) -> None:
    guest, account = await post.customer(email="guest@example.com"), await post.customer(email="me@example.com")
    await post.told(guest)
    await post.runs("update customers set given_to = :account where customer_id = :guest", account=account, guest=guest)

    await post.goes_out()

    assert [letter["To"] for letter in mail_server.letters] == ["me@example.com"]


async def test_an_address_that_is_none_is_refused_before_anybody_is_asked(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(email="a@example.com\r\nBcc: all@example.com"))

    await post.goes_out()

    ((outcome, _),) = await post.ended()
    assert (outcome, mail_server.attempts) == ("refused", 0)


async def test_an_address_with_letters_beyond_ascii_is_reached(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(email="李雷@example.com", name="李雷"))

    await post.goes_out()

    assert [letter["To"] for letter in mail_server.letters] == ["李雷@example.com"]


async def test_where_nothing_is_set_up_messages_end_in_the_inbox_also_later(
    post: Post, mail_server: MailServer
) -> None:
    await post.told(await post.customer(email="a@example.com"))
    for keeper in post.sender_of_nothing().keepers:
        await keeper.work()

    await post.goes_out()

    assert mail_server.letters == []
