"""What Voucherify answers, as its published client (`voucherify` 6.1) describes it; what is not read is left aside."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Answered(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class OrderOf(_Answered):
    id: str | None = None
    source_id: str | None = None


class VoucherOf(_Answered):
    code: str


class RedemptionKind(StrEnum):
    REDEMPTION = "redemption"
    ROLLBACK = "redemption_rollback"


class Redemption(_Answered):
    """A redemption, or its rollback; `redemption` is the parent of one that was redeemed together with others."""

    id: str
    object: RedemptionKind
    result: str
    status: str | None = None
    redemption: str | None = None
    customer_id: str | None = None
    order: OrderOf | None = None
    voucher: VoucherOf | None = None
    metadata: dict[str, Any] | None = None

    @property
    def stands(self) -> bool:
        """Whether it was redeemed and not rolled back."""
        return self.was_made and self.status != "ROLLED_BACK"

    @property
    def was_made(self) -> bool:
        return self.object is RedemptionKind.REDEMPTION and self.result == "SUCCESS"

    def is_of(self, order_id: str) -> bool:
        return self.order is not None and self.order.source_id == order_id

    def says(self, name: str, value: str) -> bool:
        return (self.metadata or {}).get(name) == value


class Redemptions(_Answered):
    """A page of a list, the newest first."""

    redemptions: tuple[Redemption, ...]


class Rollbacks(_Answered):
    """The rollbacks of what was redeemed together."""

    rollbacks: tuple[Redemption, ...] = Field(min_length=1)


class Voucher(_Answered):
    code: str
    active: bool | None = None


class VoucherifyError(_Answered):
    """An error: `key` is a stable word."""

    key: str
    message: str = ""
    details: str = ""
