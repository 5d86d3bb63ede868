"""What WeChat Pay's answers and refusals mean to us."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from domain.money.amounts import Money
from gateways.ports import BALANCE_TOO_LOW, Declined, GatewayRefund, GatewayStatus, NoAnswer, Reported, TryLater
from gateways.refund_names import key_of
from gateways.retry_after import retry_after
from gateways.wechat_pay.limits import AGAIN_AFTER

NO_SUCH_ORDER = "ORDER_NOT_EXIST"
NO_SUCH_THING = "RESOURCE_NOT_EXISTS"
NO_BILL = "NO_STATEMENT_EXIST"
_BUSY = "FREQUENCY_LIMITED"
_TOO_MANY = 429
_NOT_ENOUGH = "NOT_ENOUGH"

_DEFINITE = {NO_SUCH_ORDER, NO_SUCH_THING, NO_BILL, "INVALID_REQUEST", "USER_ACCOUNT_ABNORMAL"}
"""A no to this refund. All else (SIGN_ERROR, PARAM_ERROR, NO_AUTH, SYSTEM_ERROR, …) says nothing of the money."""

_STATUSES = {
    "SUCCESS": GatewayStatus.SUCCEEDED,
    "PROCESSING": GatewayStatus.PENDING,
    "ABNORMAL": GatewayStatus.FAILED,
    "CHANGE": GatewayStatus.FAILED,
    "CLOSED": GatewayStatus.FAILED,
    "REFUNDCLOSE": GatewayStatus.FAILED,
}
"""Those of v3, and of v2 what is called otherwise there: CHANGE is an abnormal refund, REFUNDCLOSE a closed one."""

BILLED = {GatewayStatus.SUCCEEDED: "SUCCESS", GatewayStatus.FAILED: "CHANGE"}
"""How a bill calls what has ended."""


class WeChatPayAmount(BaseModel):
    """Whole fen; `refund` is what goes back, `total` what the payment was of."""

    total: int
    refund: int = 0
    currency: str = "CNY"


class WeChatPayRefund(BaseModel):
    """A refund as v3 has it."""

    refund_id: str
    out_refund_no: str
    transaction_id: str
    status: str
    amount: WeChatPayAmount

    @property
    def answer(self) -> GatewayRefund:
        status = status_of(self.status)
        return GatewayRefund(
            self.refund_id,
            status,
            decline_code=self.status if status is GatewayStatus.FAILED else None,
            pending_reason=self.status if status is GatewayStatus.PENDING else None,
        )


class WeChatPayTransaction(BaseModel):
    """A payment as v3 has it."""

    transaction_id: str
    amount: WeChatPayAmount


def status_of(word: str) -> GatewayStatus:
    """Only `SUCCESS` is a yes; an abnormal refund is a no, as the money did not get there; a new word is none."""
    return _STATUSES.get(word, GatewayStatus.PENDING)


def refuse(status: int, said: dict[str, Any], busy_for: str) -> None:
    """Tell a definite no (Declined) and a busy WeChat Pay (TryLater) from all else (NoAnswer)."""
    code, message = str(said.get("code", "")), str(said.get("message", ""))
    if code == _BUSY or status == _TOO_MANY:
        raise TryLater(retry_after(busy_for, AGAIN_AFTER))
    if code == _NOT_ENOUGH:
        raise Declined(BALANCE_TOO_LOW, message or "the merchant's balance is too low")
    if code in _DEFINITE:
        raise Declined(code, message or "WeChat Pay refuses it")
    raise NoAnswer(f"WeChat Pay: {status} {code} {message}")


def reported(name: str, reference: str, fen: int, word: str, at: datetime, charge_ref: str) -> Reported:
    return Reported(key_of(name), reference, Money("CNY", fen), status_of(word), at, charge_ref)
