"""A carrier that issues and voids labels in its own table."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from gateways.ports import Declined, Label
from gateways.sandbox_books import labels

_ADDRESS = "makewhole returns, 1 Harbour Road, 200080 Shanghai"
_GUIDE = "Pack the goods as they came, put the label on the parcel and hand it in at any counter of the carrier."


class SandboxCarrier:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def issue_label(self, merchant_id: str, refund_id: str, rma: str) -> Label:
        row = {"merchant_id": merchant_id, "rma": rma}
        async with self._engine.begin() as books:
            await books.execute(insert(labels).values(**row, state="issued").on_conflict_do_nothing())
            of_label = (labels.c.merchant_id == merchant_id) & (labels.c.rma == rma)
            state = (await books.execute(select(labels.c.state).where(of_label))).scalar_one()
        if state == "void":
            raise Declined("label_void", f"the label of {rma} was voided")
        return Label(f"/v1/refunds/{refund_id}/label", _ADDRESS, _GUIDE)

    async def void_label(self, merchant_id: str, rma: str) -> None:
        row = {"merchant_id": merchant_id, "rma": rma, "state": "void"}
        statement = insert(labels).values(row)
        async with self._engine.begin() as books:
            await books.execute(
                statement.on_conflict_do_update(index_elements=["merchant_id", "rma"], set_={"state": "void"})
            )
