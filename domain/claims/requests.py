"""What somebody asks for, as they say it: which refund of which order."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.claims.reasons import RefundKind
from domain.payout.bank_accounts import BankAccount
from domain.payout.choice import RefundTo


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """So much of a line, or an amount off it in minor units of the order's currency; a reason only if it has its own.

    `quantity` is a decimal in text where a line is measured (rule 48).
    """

    line_id: str
    quantity: int | str | None = None
    amount: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund that is asked for; no `lines` are all that is left.

    Reasons are one of the four, or the merchant's own. `include_shipping`, `shipping_amount`, `beneficiary` and
    `requested_at` are the merchant's to say.
    """

    order_id: str
    reason: str
    kind: RefundKind | None = None
    lines: tuple[RequestedLine, ...] | None = None
    note: str = ""
    evidence: tuple[str, ...] = ()
    include_shipping: bool | None = None
    shipping_amount: int | None = None
    requested_at: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    pickup: bool = False
    refund_to: RefundTo = RefundTo.ORIGINAL
    bank_account: BankAccount | None = None
    beneficiary: str | None = None
    confirm_duplicate: bool = False
