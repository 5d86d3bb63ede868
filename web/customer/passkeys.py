"""The passkeys of an account: which there are, a new one, one less. They are the way in instead of a code."""

from starlette.responses import Response

from web.calling import Json, Refused, address
from web.customer import ceremony
from web.customer.door import Shopper
from web.forms import Form
from web.pages import Pages

_PASSKEYS = "/v1/identity/passkeys"


class PasskeyPages:
    """Shows whoever has proved an account their passkeys."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, shopper: Shopper, form: Form) -> Response:
        return await self._shown(shopper, form)

    async def challenge(self, shopper: Shopper, _: Form) -> Response:
        """Have the page's script ask the device to make one."""
        return await ceremony.challenge_for(shopper.visit, shopper.visit.api, shopper.merchant)

    async def keep(self, shopper: Shopper, form: Form) -> Response:
        try:
            await shopper.visit.api.post(_PASSKEYS, ceremony.answered(form))
        except Refused as refused:
            wrong = {ceremony.FIELD: ceremony.fault(shopper.visit, refused)}
            return await self._shown(shopper, form.with_faults(wrong), status=refused.status)
        return self._back(shopper, made="yes")

    async def forget(self, shopper: Shopper, _: Form) -> Response:
        await shopper.visit.api.delete(address(_PASSKEYS + "/{}", shopper.id("passkey_id")))
        return self._back(shopper)

    def _back(self, shopper: Shopper, **query: str) -> Response:
        return self._pages.go_to(shopper.visit, shopper.at("/pages/passkeys", order=shopper.order, **query))

    async def _shown(self, shopper: Shopper, form: Form, *, status: int = 200) -> Response:
        caller = await shopper.visit.api.get("/v1/caller")
        return self._pages.show(
            shopper.visit,
            "customer/passkeys.html",
            status=status,
            time_zone=caller["time_zone"],
            passkeys=await _of(shopper, caller),
            form=form,
            shopper=shopper,
        )


async def _of(shopper: Shopper, caller: Json) -> list[Json] | None:
    """Return the passkeys of an account; None for who has proved one order, and no account."""
    if caller["customer_id"] is None:
        return None
    try:
        listed = await shopper.visit.api.get(_PASSKEYS, customer_id=caller["customer_id"])
    except Refused as refused:
        if refused.code != "forbidden":
            raise
        return None
    passkeys: list[Json] = listed["items"]
    return passkeys
