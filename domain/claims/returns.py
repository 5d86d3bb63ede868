"""The return window and the deadlines of a return (rules 29, 31 and 49)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.claims.claims import Claim
from domain.deadlines import IsClosed, ends_at, format_deadline
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.arrivals import UnitBatch, batches
from domain.sale.orders import Order
from domain.sale.sales import Sale

_REMIND_BEFORE = timedelta(days=2)


class ReturnWindow:
    """Until when the units of an order can be asked for, each by its own parcel's delivery (rules 29 and 49).

    The last moment is included. A window in days ends with the day in the policy's time zone, on a day that is not
    closed (rule 41). What has not come yet has all its time before it.
    """

    def __init__(self, order: Order, sale: Sale, policy: Policy, asked_at: datetime, is_closed: IsClosed) -> None:
        self._policy, self._asked_at, self._is_closed = policy, asked_at, is_closed
        self._ends: dict[datetime, datetime] = {}
        self.batches: Mapping[str, Sequence[UnitBatch]] = batches(order, sale)

    @property
    def rejects(self) -> bool:
        """Whether the policy rejects late requests outright, or has them reviewed."""
        return self._policy.outside_window is OutsideWindow.REJECT

    def end(self, batch: UnitBatch) -> datetime | None:
        """The last moment for a batch; None where its time has not begun."""
        return None if batch.since is None else self._end_of(batch.since)

    def is_open(self, batch: UnitBatch) -> bool:
        end = self.end(batch)
        return end is None or self._asked_at <= end

    def has(self, claims: Sequence[Claim]) -> bool:
        """Tell whether the customer asked in time for all of this."""
        return self._too_late(claims) is None

    def refuse_if_too_late(self, claims: Sequence[Claim]) -> None:
        """Raise RefundRejected (`outside_return_window`) where the policy rejects late requests outright (rule 29)."""
        late = self._too_late(claims) if self.rejects else None
        if late is None or late.since is None:
            return
        open_until = format_deadline(self._end_of(late.since), self._policy.time_zone)
        of_parcel = f" of shipment {late.shipment_id!r}" if late.shipment_id is not None else ""
        raise RefundRejected(
            Refusal.OUTSIDE_RETURN_WINDOW,
            f"asked at {self._asked_at.isoformat()}, the return window{of_parcel} ({self._policy.return_window} from "
            f"{late.since.isoformat()}) was open until {open_until}",
        )

    def _end_of(self, since: datetime) -> datetime:
        if since not in self._ends:
            window, zone = self._policy.return_window, self._policy.time_zone
            self._ends[since] = ends_at(since, window, zone, self._is_closed)
        return self._ends[since]

    def _too_late(self, claims: Sequence[Claim]) -> UnitBatch | None:
        """The first batch that is asked for too late.

        Money alone is in time while anything of its line is, a request without lines while anything of the order is.
        """
        if not claims:
            return self._all_late([each for of_line in self.batches.values() for each in of_line])
        for claim in claims:
            of_line = self.batches.get(claim.line_id, ())
            asked = [each for each in of_line if claim.units.within(each.units).ranges]
            late = self._all_late(of_line) if claim.is_adjustment else self._any_late(asked)
            if late is not None:
                return late
        return None

    def _any_late(self, asked: Sequence[UnitBatch]) -> UnitBatch | None:
        return next((each for each in asked if not self.is_open(each)), None)

    def _all_late(self, asked: Sequence[UnitBatch]) -> UnitBatch | None:
        """The latest of them, where none is open any more."""
        if any(self.is_open(each) for each in asked):
            return None
        return max(asked, key=lambda each: each.since or self._asked_at, default=None)


def is_in_window(
    order: Order, sale: Sale, policy: Policy, asked_at: datetime, is_closed: IsClosed, claims: Sequence[Claim] = ()
) -> bool:
    """Tell whether the customer asked in time for `claims`, or without any for anything of the order (rule 29)."""
    return ReturnWindow(order, sale, policy, asked_at, is_closed).has(claims)


def refuse_if_too_late(
    order: Order, sale: Sale, policy: Policy, asked_at: datetime, is_closed: IsClosed, claims: Sequence[Claim] = ()
) -> None:
    """Raise RefundRejected (`outside_return_window`) where the policy rejects late requests outright (rule 29)."""
    ReturnWindow(order, sale, policy, asked_at, is_closed).refuse_if_too_late(claims)


def reminder_after(deadline: timedelta) -> timedelta:
    """Return when to remind of a return: two days before its deadline, at three quarters of a shorter one (rule 31)."""
    return deadline - _REMIND_BEFORE if deadline > _REMIND_BEFORE else deadline * 3 / 4
