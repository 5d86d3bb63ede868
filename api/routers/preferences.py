"""What customers prefer, and what they would be told."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query

from api import problems, rights
from api.access import MerchantOrCustomer, MerchantOrOps, ServicesDep
from api.described import described
from api.paths import CustomerId
from api.schemas.common import Locale
from api.schemas.preferences import TOPICS, PreferencesAnswer, PreferencesBody, QuietHoursBody
from api.schemas.previews import PreviewAnswer
from db import customers, preferences
from db.preferences import KeptPreferences
from domain import clock
from domain.delivery.channels import Preferences
from domain.delivery.letters import InboxMessage, page_of
from domain.delivery.quiet_hours import QuietHours
from domain.delivery.samples import samples
from domain.delivery.templates import PARTS, Message, mail_of, sms_of, variables
from domain.explain.messages import DEFAULT_LOCALE, Topic

router = APIRouter(tags=["customers"])

_PATH = "/v1/customers/{customer_id}/preferences"
_NAME = "Ada"
_REFUND = f"rf_{'0' * 32}"


class Shown(StrEnum):
    """By what a message is shown as it would be read there."""

    INBOX = "inbox"
    EMAIL = "email"
    SMS = "sms"


@router.put(_PATH, **described("putPreferences", "not_found"))
async def put_preferences(
    customer_id: CustomerId, body: PreferencesBody, services: ServicesDep, caller: MerchantOrCustomer
) -> PreferencesAnswer:
    """Say by what a customer wants to be told of each topic, where they live, and when not to be woken.

    It counts for messages from now on. The in-app inbox has all of them, whatever is preferred.
    """
    rights.check_own(caller, customer_id)
    quiet = body.quiet_hours
    hours = QuietHours(time.fromisoformat(quiet.begin), time.fromisoformat(quiet.until)) if quiet else None
    async with services.engine.begin() as connection:
        await customers.make_known(connection, caller.merchant_id, customer_id)
        prefers = Preferences(body.channels, body.time_zone, hours)
        return _answer(customer_id, await preferences.put(connection, caller.merchant_id, customer_id, prefers))


@router.get(_PATH, **described("getPreferences", "not_found"))
async def get_preferences(
    customer_id: CustomerId, services: ServicesDep, caller: MerchantOrCustomer
) -> PreferencesAnswer:
    """Read what a customer prefers; customers see their own."""
    rights.check_own(caller, customer_id)
    async with services.snapshots.connect() as connection:
        if await customers.find(connection, caller.merchant_id, customer_id) is None:
            raise problems.not_found(f"customer {customer_id!r}")
        return _answer(customer_id, await preferences.find(connection, caller.merchant_id, customer_id))


@router.get("/v1/messages/preview", **described("previewMessage"))
async def preview_message(
    services: ServicesDep,
    caller: MerchantOrOps,
    topic: Annotated[str, Query(description="What it is about.", json_schema_extra={"enum": list(TOPICS)})],
    locale: Annotated[Locale, Query(description="In which language.")] = DEFAULT_LOCALE,
    channel: Annotated[Shown, Query(description="By what it goes.")] = Shown.EMAIL,
) -> PreviewAnswer:
    """Read a message as a customer would get it, with the merchant's templates and made-up facts."""
    if topic not in TOPICS:
        raise problems.wrong_field("/topic", f"there is no message {topic!r}; there is {', '.join(TOPICS)}")
    catalogue = services.catalogue
    written_in = catalogue.locale_for(locale)
    facts = samples(catalogue, written_in, (clock.now() + timedelta(days=14)).date())
    pages, order_id = services.templates.pages, facts["order"]
    page = page_of(pages, caller.merchant_id, _REFUND, order_id) if pages else ""
    said = InboxMessage(written_in, catalogue.text(written_in, Topic(topic), facts), _NAME, order_id, page)
    template = services.templates.of(caller.merchant_id, written_in, topic)
    message = Message(said, facts)
    mail = mail_of(catalogue, template, message)
    texts = {Shown.INBOX: said.body, Shown.SMS: sms_of(template, message), Shown.EMAIL: mail.text}
    is_mail = channel is Shown.EMAIL
    return PreviewAnswer(
        topic=topic,
        locale=written_in,
        channel=channel,
        subject=mail.subject if is_mail else None,
        text=texts[channel],
        html=mail.html if is_mail else None,
        own=[part for part in PARTS if getattr(template, part)],
        variables=variables(catalogue, Topic(topic)),
    )


def _answer(customer_id: str, kept: KeptPreferences | None) -> PreferencesAnswer:
    prefers = kept.prefers if kept else Preferences()
    quiet = prefers.quiet
    hours = (
        QuietHoursBody.model_validate({"from": f"{quiet.begin:%H:%M}", "until": f"{quiet.end:%H:%M}"})
        if quiet
        else None
    )
    return PreferencesAnswer(
        customer_id=customer_id,
        channels={topic: list(channels) for topic, channels in prefers.channels.items()},
        time_zone=prefers.time_zone,
        quiet_hours=hours,
        updated_at=kept.updated_at if kept else None,
    )
