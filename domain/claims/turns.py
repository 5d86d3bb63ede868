"""Which units of a line are asked for first, where they came in several parcels: the customer's favour (rule 49)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from domain.claims.claims import Turns
from domain.claims.positions import AS_THEY_COME, LineRequest, OrderPosition
from domain.claims.reasons import Reason, RefundKind
from domain.claims.returns import ReturnWindow
from domain.sale.arrivals import Arrival, UnitBatch
from domain.sale.units import Units

_LAST = datetime.max.replace(tzinfo=UTC)


class ParcelQueue:
    """The turns of one request.

    What comes back are units that were sent: of those in time the ones whose time ends first, so that the others can
    still come back later. Money without goods is first for what was not sent, for a `delivery_error` for what is lost
    and what never came, and for goods that are not as they should be for those that have arrived. What is too late
    comes last.
    """

    def __init__(
        self,
        position: OrderPosition,
        window: ReturnWindow,
        reason: Reason,
        line_reasons: Mapping[str, Reason],
    ) -> None:
        self._position, self._window = position, window
        self._batches = {line.line_id: window.batches[line.line_id] for line in position.sale.lines}
        self._reason, self._own = reason, line_reasons

    def kind(self, asked: RefundKind | None, requested: Sequence[LineRequest] | None) -> RefundKind:
        """Say whether goods come back where the request does not: unless nothing of what it names can.

        A `delivery_error` is about what is lost, as far as that comes to what is asked for.
        """
        if asked is not None or not self._position.order.shipments:
            return asked or RefundKind.RETURN
        if requested and all(self._is_lost(each) for each in requested):
            return RefundKind.REFUND_ONLY
        if requested is None:
            named = [line.line_id for line in self._position.sale.lines]
        else:
            named = [each.line_id for each in requested if each.amount is None]
        free = {line_id: self._free(line_id) for line_id in named if line_id in self._batches}
        wanted = [line_id for line_id, units in free.items() if units.ranges]
        can_come_back = any(
            free[line_id].within(each.units).ranges and self._can_come_back(line_id, each, None)
            for line_id in wanted
            for each in self._batches[line_id]
        )
        return RefundKind.RETURN if can_come_back or not wanted else RefundKind.REFUND_ONLY

    def turns(
        self, asked: RefundKind | None, kind: RefundKind, requested: Sequence[LineRequest] | None
    ) -> Mapping[str, Turns]:
        """Say for every line which of its units are claimed, and in which turn.

        Everything left is everything that is in time, where anything is and the policy rejects the rest.
        """
        if not self._position.order.shipments:
            return AS_THEY_COME
        lines = {line_id: self._of_line(line_id, asked, kind) for line_id in self._batches}
        if requested is None and self._window.rejects:
            in_time = {line_id: [each for each in of if self._window.is_open(each)] for line_id, of in lines.items()}
            if any(self._free(line_id).within(each.units).ranges for line_id, of in in_time.items() for each in of):
                lines = in_time
        return {line_id: [each.units for each in of] for line_id, of in lines.items()}

    def turns_of_what_moved(self) -> Mapping[str, Turns]:
        """Say the same for money that moved elsewhere, which no window bounds: first is what can't come back any more.

        Then the rest can still come back, each in its time.
        """
        if not self._position.order.shipments:
            return AS_THEY_COME
        lines = {line_id: self._of_line(line_id, None, RefundKind.REFUND_ONLY) for line_id in self._batches}
        return {line_id: [each.units for each in sorted(of, key=self._window.is_open)] for line_id, of in lines.items()}

    def _of_line(self, line_id: str, asked: RefundKind | None, kind: RefundKind) -> list[UnitBatch]:
        known = self._batches[line_id]
        if kind is RefundKind.RETURN:
            known = [each for each in known if self._can_come_back(line_id, each, asked)]
            first = _HAS_ARRIVED_FIRST
        else:
            first = _MONEY_FIRST.get(self._reason_of(line_id), _NOT_SENT_FIRST)
        return sorted(known, key=lambda each: self._place(each, first))

    def _place(self, batch: UnitBatch, first: Sequence[Arrival]) -> tuple[int, float]:
        end = self._window.end(batch) or _LAST
        if self._window.is_open(batch):
            return first.index(batch.arrival), end.timestamp()
        return len(first), -end.timestamp()

    def _can_come_back(self, line_id: str, batch: UnitBatch, asked: RefundKind | None) -> bool:
        """Whatever was sent can, unless it is lost; of what is on its way nobody waits for it who does not get it.

        Unless they say so.
        """
        if batch.arrival is Arrival.ON_THE_WAY and asked is None:
            return self._reason_of(line_id) is not Reason.DELIVERY_ERROR
        return batch.arrival not in (Arrival.NOT_SENT, Arrival.LOST)

    def _is_lost(self, asked: LineRequest) -> bool:
        if asked.quantity is None or self._reason_of(asked.line_id) is not Reason.DELIVERY_ERROR:
            return False
        lost = (each.units for each in self._batches.get(asked.line_id, ()) if each.arrival is Arrival.LOST)
        return asked.quantity <= sum(self._free(asked.line_id).within(units).count for units in lost)

    def _reason_of(self, line_id: str) -> Reason:
        return self._own.get(line_id, self._reason)

    def _free(self, line_id: str) -> Units:
        return self._position.line(line_id).free_units


_HAS_ARRIVED_FIRST = (Arrival.ARRIVED, Arrival.ON_THE_WAY, Arrival.LOST, Arrival.NOT_SENT)
_NOT_SENT_FIRST = (Arrival.NOT_SENT, Arrival.LOST, Arrival.ON_THE_WAY, Arrival.ARRIVED)
_MONEY_FIRST = {
    Reason.QUALITY_ISSUE: _HAS_ARRIVED_FIRST,
    Reason.DELIVERY_ERROR: (Arrival.LOST, Arrival.ON_THE_WAY, Arrival.NOT_SENT, Arrival.ARRIVED),
}
