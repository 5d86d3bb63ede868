"""The return window and the deadlines of a return (rules 29 and 31)."""

from datetime import datetime, timedelta

from domain.deadlines import IsClosed, ends_at, format_deadline
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order

_REMIND_BEFORE = timedelta(days=2)


def is_in_window(order: Order, policy: Policy, asked_at: datetime, is_closed: IsClosed) -> bool:
    """Tell whether the customer asked in time (rule 29).

    Counted from delivery, else from payment; the last moment is included. A window in days ends with the day in the
    policy's time zone, on a day that is not closed (rule 41).
    """
    return asked_at <= _window_ends(order, policy, is_closed)


def refuse_if_too_late(order: Order, policy: Policy, asked_at: datetime, is_closed: IsClosed) -> None:
    """Raise RefundRejected (`outside_return_window`) where the policy rejects late requests outright (rule 29)."""
    if policy.outside_window is not OutsideWindow.REJECT or is_in_window(order, policy, asked_at, is_closed):
        return
    open_until = format_deadline(_window_ends(order, policy, is_closed), policy.time_zone)
    raise RefundRejected(
        Refusal.OUTSIDE_RETURN_WINDOW,
        f"asked at {asked_at.isoformat()}, the return window ({policy.return_window} from "
        f"{_window_starts(order).isoformat()}) was open until {open_until}",
    )


def reminder_after(deadline: timedelta) -> timedelta:
    """Return when to remind of a return: two days before its deadline, at three quarters of a shorter one (rule 31)."""
    return deadline - _REMIND_BEFORE if deadline > _REMIND_BEFORE else deadline * 3 / 4


def _window_starts(order: Order) -> datetime:
    return order.delivered_at or order.sold_at


def _window_ends(order: Order, policy: Policy, is_closed: IsClosed) -> datetime:
    return ends_at(_window_starts(order), policy.return_window, policy.time_zone, is_closed)
