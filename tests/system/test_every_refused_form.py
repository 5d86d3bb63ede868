"""Every form of every page, sent empty and sent filled in, is refused: the page says why, and axe finds nothing in it.

Drawn without a stack, as in `test_every_page_at_every_width.py`.
"""

from collections.abc import Mapping

import pytest
from playwright.async_api import Browser, Page, Response

from db.api_keys import Role
from domain.lifecycle import RefundStatus
from tests.system.drawn import drawn
from tests.system.looking import looked_at
from tests.system.test_every_page_at_every_width import ANSWERED, IDS, STUCK, opened
from tests.system.test_every_page_by_keyboard import THEIRS
from tests.web.answers import example
from tools.client import Json

CHANGED: Json = {"status": 409, "code": "conflicting_state", "detail": "somebody else was faster"}

_FILL_IN = """form => {
    for (const field of form.querySelectorAll("input, textarea, select")) {
        if (field.type === "radio") field.checked ||= !form.querySelector(`[name="${field.name}"]:checked`);
        else if (field.tagName === "SELECT") field.selectedIndex = field.options.length - 1;
        else if (!["hidden", "file", "checkbox", "submit"].includes(field.type)) field.value ||= "1";
    }
}"""
"""What is there already stays."""

_LEAVE_EMPTY = """form => {
    for (const field of form.querySelectorAll("input, textarea")) {
        if (["radio", "checkbox"].includes(field.type)) field.checked = false;
        else if (!["hidden", "file", "submit"].includes(field.type)) field.value = "";
    }
}"""

SAYS_WHY = "main [role=alert]:visible, main .fault:visible"
TYPED = {"empty": _LEAVE_EMPTY, "filled": _FILL_IN}
FORMS = "main form[method=post]"


def goods(status: RefundStatus, *, expected: int, received: int) -> Json:
    lines = [{**each, "expected": expected, "received": received} for each in example("getReturnGoods")["lines"]]
    return {"status": status, "lines": lines}


def stories(role: Role) -> list[Mapping[str, Json]]:
    """What the API says of the refunds that a role has to do with: all that a page can ask for has its form in one."""
    if role is Role.WAREHOUSE:
        awaited = goods(RefundStatus.AWAITING_RETURN, expected=1, received=0)
        here = goods(RefundStatus.INSPECTING, expected=0, received=1)
        return [{"getReturnGoods": each} for each in (awaited, here)]
    if role is Role.OPS:
        (refund,) = example("listRefunds")["items"]
        stuck = {**refund, "needs_attention": {**STUCK, "amount": None, "payment_id": "p1", "reference": None}}
        return [{**ANSWERED, "listRefunds": {"items": [stuck]}}]
    if role is Role.CUSTOMER:
        return [{**ANSWERED, "getRefund": {"status": status}} for status in (RefundStatus.IN_REVIEW, "completed")]
    return [ANSWERED]


@pytest.mark.parametrize("role", THEIRS)
async def test_every_form_that_is_refused_says_why(chromium: Browser, role: Role) -> None:
    refused, unsaid, looked = 0, list[str](), set[str]()
    for told, said in enumerate(stories(role)):
        async with drawn(chromium, role, said, CHANGED) as page:
            for place, address in enumerate(THEIRS[role]):
                at = f"/pages{address.format_map(IDS)}"
                await opened(page, at, place)
                for number in range(await page.locator(FORMS).count()):
                    for how, to_do in TYPED.items():
                        await opened(page, at, place)
                        answer = await sent(page, number, to_do)
                        if answer.ok:  # it is a step on the way, and asks the API for nothing yet
                            continue
                        name = f"refused-{role}{address.replace('/', '-')}-{told}-{number}-{how}"
                        why = [each for each in await page.locator(SAYS_WHY).all_text_contents() if each.strip()]
                        refused, unsaid = refused + 1, unsaid + ([] if why and answer.status < 500 else [name])
                        if address not in looked:  # the others are the same page with something else to say
                            await looked_at(page, name)
                        looked.add(address)
                        if answer.status == CHANGED["status"]:  # it has come to the API with nothing in it
                            break
    assert refused > 3
    assert unsaid == []


async def sent(page: Page, number: int, to_do: str) -> Response:
    """Send a form by its button once this is done to its fields, whatever the browser would say of them."""
    form = page.locator(FORMS).nth(number)
    await form.evaluate(to_do)
    async with page.expect_navigation() as navigated:
        await form.evaluate(
            "form => { form.noValidate = true; form.requestSubmit(form.querySelector('[type=submit]')); }"
        )
    answer = await navigated.value
    assert answer is not None
    return answer
