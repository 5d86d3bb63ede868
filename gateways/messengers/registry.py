"""Which channels leave the inbox here: those whose messenger is set up."""

from collections.abc import Mapping

from domain.delivery.channels import Channel
from gateways.messengers import aliyun, twilio
from gateways.messengers.aliyun import Aliyun, AliyunAccount
from gateways.messengers.letters import Messenger
from gateways.messengers.mail import Mail, MailServer
from gateways.messengers.texts import Texts
from gateways.messengers.twilio import Twilio, TwilioAccount
from gateways.messengers.web import address

_MAIL = ("MAKEWHOLE_SMTP_URL", "MAKEWHOLE_MAIL_FROM")
_TWILIO = ("MAKEWHOLE_TWILIO_ACCOUNT_SID", "MAKEWHOLE_TWILIO_AUTH_TOKEN", "MAKEWHOLE_TWILIO_FROM")
_TWILIO_ADDRESS = "MAKEWHOLE_TWILIO_ADDRESS"
_ALIYUN = ("MAKEWHOLE_ALIYUN_ACCESS_KEY_ID", "MAKEWHOLE_ALIYUN_ACCESS_KEY_SECRET", "MAKEWHOLE_ALIYUN_SMS_SIGN")
_ALIYUN_TEMPLATE, _ALIYUN_ADDRESS = "MAKEWHOLE_ALIYUN_SMS_TEMPLATE", "MAKEWHOLE_ALIYUN_SMS_ADDRESS"

Told = Mapping[str, str]
"""What is set up, by the names of the environment; what is not is empty or not there."""


def open_messengers(told: Told) -> dict[Channel, Messenger]:
    """Open what is set up; raises ValueError where something of it lacks or is wrong."""
    messengers: dict[Channel, Messenger] = {}
    if _all_or_none(told, _MAIL):
        messengers[Channel.EMAIL] = Mail(MailServer.at(*(told[name] for name in _MAIL)))
    by_twilio = _twilio(told) if _all_or_none(told, _TWILIO) else None
    by_aliyun = _aliyun(told) if _all_or_none(told, _ALIYUN) else None
    if by_twilio or by_aliyun:
        messengers[Channel.SMS] = Texts(by_twilio, by_aliyun)
    return messengers


def said_at_start(messengers: Mapping[Channel, Messenger]) -> str:
    if not messengers:
        return "messages end in the inbox: neither e-mail nor SMS is set up (MAKEWHOLE_SMTP_URL, docs/operations.md)"
    return f"messages leave by {' and '.join(messengers)}, and stay in the inbox"


def _all_or_none(told: Told, names: tuple[str, ...]) -> bool:
    lacks = [name for name in names if not told.get(name)]
    if lacks and len(lacks) < len(names):
        raise ValueError(f"{' and '.join(lacks)} not set: {', '.join(names)} belong together")
    return not lacks


def _twilio(told: Told) -> Twilio:
    sid, token, sender = (told[name] for name in _TWILIO)
    where = address(_TWILIO_ADDRESS, told.get(_TWILIO_ADDRESS, ""), twilio.ADDRESS)
    return Twilio(TwilioAccount(sid, token, sender, where))


def _aliyun(told: Told) -> Aliyun:
    key_id, key_secret, sign = (told[name] for name in _ALIYUN)
    where = address(_ALIYUN_ADDRESS, told.get(_ALIYUN_ADDRESS, ""), aliyun.ADDRESS)
    return Aliyun(AliyunAccount(key_id, key_secret, sign, told.get(_ALIYUN_TEMPLATE, ""), where))
