"""For steps that a test runs by itself: no merchant has another system."""

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.elsewhere import Elsewhere
from gateways.addresses import Addresses
from gateways.posting import Poster
from service.entitlement_systems import EntitlementSystems


def nowhere(engine: AsyncEngine) -> Elsewhere:
    return Elsewhere(engine, EntitlementSystems(engine, None, Poster(Addresses(()))))
