"""How far the clocks of merchants who try things out are ahead of everybody's."""

from sqlalchemy import Table

from db.schema.base import amount_column, metadata, now_column, text_column

test_clocks = Table(
    "test_clocks",
    metadata,
    text_column("merchant_id", primary_key=True),
    amount_column("ahead_us"),
    amount_column("goes_to_us"),  # where it is on its way to: it is there when nothing is due before that
    now_column("moved_at"),
)
