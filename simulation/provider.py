"""A payment provider that forgets keys after a day, pays late, never, or takes it back."""

from dataclasses import dataclass, field

from gateways.ports import DISPUTED, GatewayStatus
from simulation.scenario import Mood

KEY_LIFE_S = 24 * 3600.0


@dataclass(slots=True)
class Refund:
    key: str
    payment_id: str
    amount: int
    at: float
    status: GatewayStatus
    code: str | None = None


@dataclass(slots=True)
class Provider:
    """`captured` by payment; `refunds` in the order in which they were made."""

    moods: dict[str, Mood]
    captured: dict[str, int]
    refunds: list[Refund] = field(default_factory=list)

    def refund(self, key: str, payment_id: str, amount: int, now: float) -> Refund:
        """Pay back; the same key within its life is the same refund, after it a new one."""
        known = self.by_key(key)
        if known is not None and now - known.at < KEY_LIFE_S:
            return known
        mood = self.moods[payment_id]
        if mood in (Mood.DECLINES, Mood.DISPUTED):
            code = DISPUTED if mood is Mood.DISPUTED else "card_closed"
            return Refund(key, payment_id, amount, now, GatewayStatus.FAILED, code)
        if self.paid(payment_id) + amount > self.captured[payment_id]:
            return Refund(key, payment_id, amount, now, GatewayStatus.FAILED, "amount_too_large")
        is_late = mood in (Mood.PENDING_THEN_PAYS, Mood.PENDING_THEN_FAILS)
        made = Refund(key, payment_id, amount, now, GatewayStatus.PENDING if is_late else GatewayStatus.SUCCEEDED)
        self.refunds.append(made)
        return made

    def by_key(self, key: str) -> Refund | None:
        """Find a refund by our own reference, however old: the newest of that name."""
        return next((each for each in reversed(self.refunds) if each.key == key), None)

    def decide(self, refund: Refund) -> None:
        """What was pending comes to an end."""
        if refund.status is GatewayStatus.PENDING:
            pays = self.moods[refund.payment_id] is not Mood.PENDING_THEN_FAILS
            refund.status = GatewayStatus.SUCCEEDED if pays else GatewayStatus.FAILED

    def take_back(self, refund: Refund) -> None:
        if refund.status is GatewayStatus.SUCCEEDED:
            refund.status, refund.code = GatewayStatus.FAILED, None

    def paid(self, payment_id: str) -> int:
        return sum(each.amount for each in self.refunds if each.payment_id == payment_id and each.status != "failed")
