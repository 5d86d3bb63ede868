"""The passkeys of an account: which there are, a new one, one less. They are the way in instead of a code."""

from starlette.responses import Response

from web.calling import Json, Refused, address
from web.customer import ceremony
from web.customer.door import VisitingCustomer
from web.forms import Form
from web.pages import Pages

_PASSKEYS = "/v1/identity/passkeys"


class PasskeyPages:
    """Shows whoever has proved an account their passkeys."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, customer: VisitingCustomer, form: Form) -> Response:
        return await self._shown(customer, form)

    async def challenge(self, customer: VisitingCustomer, _: Form) -> Response:
        """Have the page's script ask the device to make one."""
        return await ceremony.challenge_for(customer.visit, customer.visit.api, customer.merchant)

    async def keep(self, customer: VisitingCustomer, form: Form) -> Response:
        try:
            await customer.visit.api.post(_PASSKEYS, ceremony.answered(form))
        except Refused as refused:
            wrong = {ceremony.FIELD: ceremony.fault(customer.visit, refused)}
            return await self._shown(customer, form.with_faults(wrong), status=refused.status)
        return self._back(customer, made="yes")

    async def forget(self, customer: VisitingCustomer, _: Form) -> Response:
        await customer.visit.api.delete(address(_PASSKEYS + "/{}", customer.id("passkey_id")))
        return self._back(customer)

    def _back(self, customer: VisitingCustomer, **query: str) -> Response:
        return self._pages.go_to(customer.visit, customer.at("/pages/passkeys", order=customer.order, **query))

    async def _shown(self, customer: VisitingCustomer, form: Form, *, status: int = 200) -> Response:
        caller = await customer.visit.api.get("/v1/caller")
        return self._pages.show(
            customer.visit,
            "customer/passkeys.html",
            status=status,
            time_zone=caller["time_zone"],
            passkeys=await _of(customer, caller),
            form=form,
            customer=customer,
        )


async def _of(customer: VisitingCustomer, caller: Json) -> list[Json] | None:
    """Return the passkeys of an account; None for who has proved one order, and no account."""
    if caller["customer_id"] is None:
        return None
    try:
        listed = await customer.visit.api.get(_PASSKEYS, customer_id=caller["customer_id"])
    except Refused as refused:
        if refused.code != "forbidden":
            raise
        return None
    passkeys: list[Json] = listed["items"]
    return passkeys
