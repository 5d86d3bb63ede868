"""A payment provider that forgets keys after a day, pays late, never, or takes it back."""

from dataclasses import dataclass, field

from gateways.ports import DISPUTED, GatewayStatus
from proof.simulation.scenario import ProviderBehaviour

KEY_LIFE_S = 24 * 3600.0

_BEGINS = {
    ProviderBehaviour.PENDING_THEN_PAYS: GatewayStatus.PENDING,
    ProviderBehaviour.PENDING_THEN_FAILS: GatewayStatus.PENDING,
    ProviderBehaviour.SHORT_THEN_PAYS: GatewayStatus.WAITING_FOR_BALANCE,
}
"""What the refunds of a payment are first; else they are paid at once."""


@dataclass(slots=True)
class ProviderRefund:
    key: str
    payment_id: str
    amount: int
    at: float
    status: GatewayStatus
    code: str | None = None
    answered: GatewayStatus | None = None

    @property
    def is_undecided(self) -> bool:
        return self.status in (GatewayStatus.PENDING, GatewayStatus.WAITING_FOR_BALANCE)

    def as_answered(self) -> "ProviderRefund":
        """What the first request was told, whatever has become of the money since then."""
        status = self.status if self.answered is None else self.answered
        return ProviderRefund(self.key, self.payment_id, self.amount, self.at, status, self.code, self.answered)


@dataclass(slots=True)
class ModelProvider:
    """`captured` by payment; `refunds` in the order in which they were made; `refusals` by key."""

    behaviours: dict[str, ProviderBehaviour]
    captured: dict[str, int]
    refunds: list[ProviderRefund] = field(default_factory=list)
    refusals: dict[str, ProviderRefund] = field(default_factory=dict)

    def open_payment(self, payment_id: str, captured: int) -> None:
        """Capture another payment, which is simply paid back."""
        self.behaviours[payment_id], self.captured[payment_id] = ProviderBehaviour.PAYS, captured

    def refund(self, key: str, payment_id: str, amount: int, now: float) -> ProviderRefund:
        """Pay back; the same key within its life is answered as before, after it a new refund is made."""
        known = self.by_key(key) or self.refusals.get(key)
        if known is not None and now - known.at < KEY_LIFE_S:
            return known.as_answered()
        code = self._why_not(payment_id, amount)
        if code is not None:
            refused = ProviderRefund(key, payment_id, amount, now, GatewayStatus.FAILED, code)
            self.refusals[key] = refused
            return refused
        status = _BEGINS.get(self.behaviours[payment_id], GatewayStatus.SUCCEEDED)
        made = ProviderRefund(key, payment_id, amount, now, status, answered=status)
        self.refunds.append(made)
        return made.as_answered()

    def _why_not(self, payment_id: str, amount: int) -> str | None:
        behaviour = self.behaviours[payment_id]
        if behaviour is ProviderBehaviour.DISPUTED:
            return DISPUTED
        has_refused = any(refused.payment_id == payment_id for refused in self.refusals.values())
        if behaviour is ProviderBehaviour.DECLINES or (
            behaviour is ProviderBehaviour.DECLINES_ONCE and not has_refused
        ):
            return "card_closed"
        return "amount_too_large" if self.paid(payment_id) + amount > self.captured[payment_id] else None

    def of_payment(self, payment_id: str) -> list[ProviderRefund]:
        """List what was paid back of a payment and stays so, whoever asked for it."""
        return [each for each in self.refunds if each.payment_id == payment_id and each.status != "failed"]

    def by_key(self, key: str) -> ProviderRefund | None:
        """Find a refund by our own reference, however old: the newest of that name."""
        return next((each for each in reversed(self.refunds) if each.key == key), None)

    def decide(self, refund: ProviderRefund) -> None:
        """What was pending comes to an end."""
        if refund.is_undecided:
            pays = self.behaviours[refund.payment_id] is not ProviderBehaviour.PENDING_THEN_FAILS
            refund.status = GatewayStatus.SUCCEEDED if pays else GatewayStatus.FAILED

    def take_back(self, refund: ProviderRefund) -> None:
        if refund.status is GatewayStatus.SUCCEEDED:
            refund.status, refund.code = GatewayStatus.FAILED, None

    def paid(self, payment_id: str) -> int:
        return sum(each.amount for each in self.of_payment(payment_id))
