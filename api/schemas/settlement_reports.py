"""Settlement reports of payment providers, and where they differ from our ledger."""

from typing import Self

from pydantic import Field

from api.schemas.common import Id, Time, Wire
from db.settlement_differences import NoticedDifference
from db.settlement_reports import ReportStatus, StoredReport
from domain.money.amounts import Money
from domain.payout.settlement_reports import WHAT_TO_DO, SettlementDifference


class Amount(Wire):
    """Money."""

    currency: str = Field(description="The ISO 4217 currency.")
    amount: int = Field(description="In its minor units.")

    @classmethod
    def of(cls, money: Money | None) -> Self | None:
        return None if money is None else cls.exactly(money)

    @classmethod
    def exactly(cls, money: Money) -> Self:
        return cls(currency=money.currency, amount=money.minor_units)


class SettlementReportAnswer(Wire):
    """A settlement report, and what has come of it."""

    report_id: Id = Field(description="Its id.")
    gateway: Id = Field(description="Whose report it is, as payments name it in `gateway`.")
    format: str = Field(description="How it is written.")
    name: str = Field(description="What it was called when it was sent.")
    status: ReportStatus = Field(
        description="`accepted`: it is being read. `read`: done. `refused`: nothing was taken of it, see `fault`."
    )
    fault: str | None = Field(description="What is wrong with it, and at which line; null where nothing is.")
    lines: int | None = Field(description="How many movements of refunds it has; null until it is read.")
    since: Time | None = Field(description="The time of the first of them.")
    until: Time | None = Field(description="The time of the last of them.")
    matched: int | None = Field(description="How many refunds agree with our ledger.")
    differences: dict[SettlementDifference, int] | None = Field(description="How many differ in which way.")
    accepted_at: Time = Field(description="When it was taken in.")
    read_at: Time | None = Field(description="When it had been read.")

    @classmethod
    def of(cls, stored: StoredReport) -> Self:
        return cls.model_validate({name: getattr(stored, name) for name in cls.model_fields})


class SettlementReportList(Wire):
    """Settlement reports, the newest first."""

    items: list[SettlementReportAnswer] = Field(description="At most 200 of them.")


class SettlementDifferenceAnswer(Wire):
    """A refund of which a provider's settlement report says something else than our ledger."""

    gateway: Id = Field(description="Whose report says so.")
    report_id: Id = Field(description="The report.")
    line: int | None = Field(description="The place in it, from 1; null for what is not in it.")
    reference: str = Field(description="The provider's name of the refund; our payout's key where it has none.")
    charge_ref: str = Field(description="What it is a refund of; empty where the report does not say.")
    refund_id: str | None = Field(description="Our refund; null where nobody here knows of it.")
    difference: SettlementDifference = Field(description="How they differ.")
    ours: Amount | None = Field(description="What is booked here; null for nothing.")
    theirs: Amount | None = Field(description="What the report has; null for nothing.")
    what_to_do: str = Field(description="What to do about it, in a sentence.")
    noticed_at: Time = Field(description="When it was noticed first.")

    @classmethod
    def of(cls, noticed: NoticedDifference) -> Self:
        found = noticed.found
        return cls(
            gateway=noticed.at.gateway,
            report_id=noticed.report_id,
            line=found.place,
            reference=found.reference,
            charge_ref=found.charge_ref,
            refund_id=found.refund_id,
            difference=found.difference,
            ours=Amount.of(found.ours),
            theirs=Amount.of(found.theirs),
            what_to_do=WHAT_TO_DO[found.difference],
            noticed_at=noticed.noticed_at,
        )


class SettlementDifferences(Wire):
    """What differs by now: a later report, or a note of money returned elsewhere, takes an entry off."""

    items: list[SettlementDifferenceAnswer] = Field(description="The newest first, at most 200 of them.")
