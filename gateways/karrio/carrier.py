"""Labels, pick-ups and tracking of the carrier that an account is at, by karrio."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain import clock
from gateways.karrio import calls
from gateways.karrio.account import KarrioAccount
from gateways.ports import Declined, Label, LabelFormat, LabelOrder, ParcelNews, ParcelState

_GENERIC = "generic"
"""karrio's own carrier, which draws its labels itself, asks nobody, and has no number of its own."""

_GUIDE = "Pack the goods as they came, put the label on the parcel and hand it in at any counter of {carrier}."
_PICKUP_GUIDE = "Pack the goods as they came, put the label on the parcel and have it ready: {carrier} comes by {by}."
_LOST = "carrier_parcel_lost"
_NOT_HANDED_OVER = ("pending", "unknown", "cancelled")


class KarrioCarrier:
    def __init__(self, account: KarrioAccount) -> None:
        self._account = account

    async def make(self, order: LabelOrder) -> Label:
        label = await (self._drawn(order) if self._account.carrier == _GENERIC else self._bought(order))
        if order.collect_within is None:
            return label
        return await self._with_pickup(label, order.collect_within)

    async def call_off(self, label: Label) -> None:
        if label.pickup_ref:
            request = calls.models.PickupCancelRequest(confirmation_number=label.pickup_ref)
            await self._offered(calls.Pickup.cancel(request))
        request = calls.models.ShipmentCancelRequest(shipment_identifier=label.reference)
        await self._offered(calls.Shipment.cancel(request))

    async def track(self, tracking_numbers: Sequence[str]) -> Sequence[ParcelNews]:
        request = calls.models.TrackingRequest(tracking_numbers=list(tracking_numbers))
        try:
            found = await calls.ask(self._account, calls.Tracking.fetch(request))
        except Declined:  # of none of them anything is known, or this carrier tells nothing
            return []
        return [news for details in found if (news := _news_of(details)) is not None]

    async def _drawn(self, order: LabelOrder) -> Label:
        """Have the same label drawn in both formats: what its bar code says is the number that the parcel goes by."""
        number = _new_sscc()
        metadata = {"GS1_PREFIX": number[1:11], "EXTENSION_DIGIT": number[0], "CHECK_DIGIT": number[17]}
        prints = {}
        for each in LabelFormat:
            request = self._shipment(order, label_type=each.upper(), number=number[:17])
            made = await calls.ask(self._account, calls.Shipment.create(request), metadata=metadata)
            prints[each] = base64.b64decode(made.docs.label)
        return self._label(number, number, prints)

    async def _bought(self, order: LabelOrder) -> Label:
        made = await calls.ask(self._account, calls.Shipment.create(self._shipment(order, label_type="PDF")))
        of_format = {LabelFormat.PDF: made.docs.pdf_label, LabelFormat.ZPL: made.docs.zpl_label}
        of_format[LabelFormat((made.label_type or "PDF").lower())] = made.docs.label
        prints = {each: base64.b64decode(content) for each, content in of_format.items() if content}
        return self._label(made.shipment_identifier, made.tracking_number, prints)

    async def _with_pickup(self, label: Label, within: timedelta) -> Label:
        """Book a pick-up where there are any; a label without one is as good, for whoever brings the parcel."""
        by = clock.of_this_machine() + within
        request = calls.models.PickupRequest(
            pickup_date=f"{by:%Y-%m-%d}",
            ready_time=f"{clock.of_this_machine():%H:%M}",
            closing_time=f"{by:%H:%M}",
            address=self._address(),
            parcels=[self._parcel(label.tracking_number)],
            shipment_identifiers=[label.reference],
        )
        booked = await self._offered(calls.Pickup.schedule(request))
        if booked is None:
            return label
        guide = _PICKUP_GUIDE.format(carrier=label.carrier, by=f"{by.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        return replace(label, guide=guide, pickup_by=by, pickup_ref=booked.confirmation_number)

    async def _offered(self, request: Any) -> Any:
        """Ask for what not every carrier offers; None where it does not."""
        try:
            return await calls.ask(self._account, request)
        except Declined as declined:
            if declined.code == calls.NOT_OFFERED:
                return None
            raise

    def _label(self, reference: str, number: str, prints: Mapping[LabelFormat, bytes]) -> Label:
        place, name = self._account.address, self._account.connection.get("display_name") or self._account.carrier
        lines = ("company_name", "address_line1", "postal_code", "city", "country_code")
        return Label(
            label_url="",
            address=", ".join(place[line] for line in lines),
            guide=_GUIDE.format(carrier=name),
            carrier=name,
            tracking_number=number,
            reference=reference,
            prints=prints,
        )

    def _shipment(self, order: LabelOrder, *, label_type: str, number: str | None = None) -> Any:
        """Goods come back from wherever the customer is, whose address no order has: the label names the return."""
        sender = calls.models.Address(**{**self._account.address, "company_name": f"{order.rma} / {order.parcel}"})
        return calls.models.ShipmentRequest(
            service=self._account.service,
            shipper=sender,
            recipient=self._address(),
            parcels=[self._parcel(number, rma=order.rma)],
            reference=f"{order.rma}-{order.parcel}",
            label_type=label_type,
        )

    def _address(self) -> Any:
        return calls.models.Address(**self._account.address)

    def _parcel(self, number: str | None, *, rma: str = "") -> Any:
        items = [calls.models.Commodity(quantity=1, weight=0, metadata={"BGM": rma, "RFF_CN": number})] if rma else []
        weight = self._account.weight_g / 1000
        return calls.models.Parcel(weight=weight, weight_unit="KG", reference_number=number, items=items)


def _new_sscc() -> str:
    """Make up the serial number of a parcel: 17 digits and the one that checks them (GS1)."""
    digits = "0" + "".join(str(secrets.randbelow(10)) for _ in range(16))
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def _news_of(details: Any) -> ParcelNews | None:
    """Read how far a parcel has come, by the newest event; None where the carrier does not have it yet."""
    known = [(at, event) for event in details.events or [] if (at := _moment(event)) is not None]
    if details.status in _NOT_HANDED_OVER or not known:
        return None
    at, newest = max(known, key=lambda each: each[0])
    if newest.reason == _LOST:
        return ParcelNews(details.tracking_number, ParcelState.LOST, at)
    state = ParcelState.DELIVERED if details.delivered else ParcelState.IN_TRANSIT
    return ParcelNews(details.tracking_number, state, at)


def _moment(event: Any) -> datetime | None:
    if not event.timestamp:
        return None
    moment = datetime.fromisoformat(event.timestamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
