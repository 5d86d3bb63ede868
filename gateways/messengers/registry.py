"""Which channels leave the inbox here: those whose messenger is set up."""

from dataclasses import dataclass, field

from domain.delivery.channels import Channel
from gateways.messengers.letters import Messenger
from gateways.messengers.mail import Mail, MailServer


@dataclass(frozen=True, slots=True)
class Setup:
    """What is set up of each channel, as the environment spells it; empty where it is not."""

    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""


def open_messengers(setup: Setup) -> dict[Channel, Messenger]:
    """Raises ValueError where something of a channel is set up and something lacks or is wrong."""
    messengers: dict[Channel, Messenger] = {}
    if bool(setup.smtp_url) != bool(setup.mail_from):
        lacks = "MAKEWHOLE_MAIL_FROM" if setup.smtp_url else "MAKEWHOLE_SMTP_URL"
        raise ValueError(f"{lacks} is not set: e-mail needs a server and a sender")
    if setup.smtp_url:
        messengers[Channel.EMAIL] = Mail(MailServer.at(setup.smtp_url, setup.mail_from))
    return messengers


def said_at_start(messengers: dict[Channel, Messenger]) -> str:
    if not messengers:
        return "messages end in the inbox: no mail server is set up (MAKEWHOLE_SMTP_URL)"
    return f"messages leave by {' and '.join(messengers)}, and stay in the inbox"
