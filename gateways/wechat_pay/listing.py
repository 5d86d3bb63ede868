"""All refunds of a payment: the API v3 lists none, so the API v2 is asked, which has every one at once."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

from gateways.ports import NoAnswer, Reported
from gateways.wechat_pay.answers import reported

PATH = "/pay/refundquery"
_NONE = "REFUNDNOTEXIST"
"""They have no such payment, or no refund of it."""

BEIJING = timezone(timedelta(hours=8))


def page(said: Mapping[str, str], charge_ref: str) -> tuple[list[Reported], int]:
    """Return the refunds of one answer, and how many there are in all. Raises NoAnswer."""
    if said.get("return_code") != "SUCCESS":
        raise NoAnswer(f"WeChat Pay: {said.get('return_msg', '')}")
    if said.get("result_code") != "SUCCESS":
        if said.get("err_code") == _NONE:
            return [], 0
        raise NoAnswer(f"WeChat Pay: {said.get('err_code', '')} {said.get('err_code_des', '')}")
    found = list(_rows(said, charge_ref))
    return found, int(said.get("total_refund_count") or len(found))


def _rows(said: Mapping[str, str], charge_ref: str) -> Iterator[Reported]:
    for place in range(int(said["refund_count"])):
        at = said.get(f"refund_success_time_{place}", "")
        yield reported(
            said[f"out_refund_no_{place}"],
            said[f"refund_id_{place}"],
            int(said[f"refund_fee_{place}"]),
            said[f"refund_status_{place}"],
            moment(at) if at else _NOT_SAID,
            charge_ref,
        )


_NOT_SAID = datetime(1970, 1, 1, tzinfo=BEIJING)
"""They say when a refund succeeded, of others they say no time in this list."""


def moment(text: str) -> datetime:
    """Read a time as they write it, in Beijing."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
