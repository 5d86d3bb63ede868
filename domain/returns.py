"""The return window and the deadlines of a return (rules 29 and 31)."""

from datetime import datetime, timedelta

from domain.durations import span
from domain.orders import Order
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal

_REMIND_BEFORE = timedelta(days=2)


def is_in_window(order: Order, policy: Policy, asked_at: datetime) -> bool:
    """Tell whether the customer asked in time (rule 29).

    Counted from delivery, else from payment; the last moment is included. Raises RefundRejected
    (`outside_return_window`) where the policy rejects late requests outright.
    """
    start = order.delivered_at or order.paid_at or order.placed_at
    window = span(policy.return_window)
    if asked_at - start <= window:
        return True
    if policy.outside_window is OutsideWindow.REJECT:
        raise RefundRejected(
            Refusal.OUTSIDE_RETURN_WINDOW,
            f"asked at {asked_at.isoformat()}, the return window ({policy.return_window} from {start.isoformat()}) "
            f"ended at {(start + window).isoformat()}",
        )
    return False


def reminder_after(deadline: timedelta) -> timedelta:
    """Return when to remind of a return: two days before its deadline, at three quarters of a shorter one (rule 31)."""
    return deadline - _REMIND_BEFORE if deadline > _REMIND_BEFORE else deadline * 3 / 4
