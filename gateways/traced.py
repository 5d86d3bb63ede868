"""A span for each question to a payment gateway: how long they took, and whether they answered."""

from collections.abc import Sequence
from datetime import datetime

from opentelemetry.trace import SpanKind, Tracer

from gateways.ports import GatewayRefund, PaymentGateway, RefundInstruction, Reported


class TracedGateway:
    """Asks a gateway for somebody; name: as payments have it."""

    def __init__(self, gateway: PaymentGateway, name: str, tracer: Tracer) -> None:
        self._gateway = gateway
        self._tracer = tracer
        self._said = {"makewhole.gateway": name}

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        with self._tracer.start_as_current_span("gateway refund", kind=SpanKind.CLIENT, attributes=self._said):
            return await self._gateway.refund(instruction)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        with self._tracer.start_as_current_span("gateway look_up", kind=SpanKind.CLIENT, attributes=self._said):
            return await self._gateway.look_up(instruction)

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        with self._tracer.start_as_current_span("gateway refunds_of", kind=SpanKind.CLIENT, attributes=self._said):
            return await self._gateway.refunds_of(merchant_id, charge_ref)

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        with self._tracer.start_as_current_span("gateway report", kind=SpanKind.CLIENT, attributes=self._said):
            return await self._gateway.report(merchant_id, since)
