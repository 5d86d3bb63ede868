"""Where personal data of customers lies: each column that could is judged, and each row leads to whose it is.

What is judged *personal* is what people wrote, or what they are reached or known by. *Staff* are names of those who
work for a merchant. All else is ids, which mean something to the merchant alone, and words and figures of the house.
A test holds this against the tables: a new column that nobody has judged fails it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    RowMapping,
    Select,
    Table,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db import schema as t


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of a merchant, by their own id and by those of the guests that they were."""

    merchant_id: str
    customer_ids: Sequence[str]


Whose = Callable[[Table, Person], ColumnElement[bool]]
"""Which rows of a table are about somebody."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table: its columns that hold text, documents or bytes, and whose its rows are; None: a merchant's, or ours."""

    whose: Whose | None
    other: str
    personal: str = ""
    staff: str = field(default="", kw_only=True)

    @property
    def judged(self) -> list[str]:
        return [*self.personal.split(), *self.staff.split(), *self.other.split()]


def _by_customer(table: Table, person: Person) -> ColumnElement[bool]:
    return (table.c.merchant_id == person.merchant_id) & table.c.customer_id.in_(person.customer_ids)


def _by_customer_or_receiver(table: Table, person: Person) -> ColumnElement[bool]:
    theirs = or_(table.c.customer_id.in_(person.customer_ids), table.c.beneficiary.in_(person.customer_ids))
    return (table.c.merchant_id == person.merchant_id) & theirs


def _refunds(person: Person) -> Select[Any]:
    return select(t.refunds.c.refund_id).where(_by_customer_or_receiver(t.refunds, person))


def _orders(person: Person) -> Select[Any]:
    return select(t.orders.c.order_id).where(_by_customer(t.orders, person))


def _by_refund(table: Table, person: Person) -> ColumnElement[bool]:
    return table.c.refund_id.in_(_refunds(person))


def _by_customer_or_refund(table: Table, person: Person) -> ColumnElement[bool]:
    return or_(_by_customer(table, person), _by_refund(table, person))


def _by_order(table: Table, person: Person) -> ColumnElement[bool]:
    return (table.c.merchant_id == person.merchant_id) & table.c.order_id.in_(_orders(person))


def _by_picture(table: Table, person: Person) -> ColumnElement[bool]:
    return table.c.evidence_id.in_(select(t.pictures.c.evidence_id).where(_by_customer_or_refund(t.pictures, person)))


def _by_event(table: Table, person: Person) -> ColumnElement[bool]:
    events = t.webhook_events
    return table.c.event_id.in_(select(events.c.event_id).where(_by_refund(events, person)))


def _of_messages(table: Table, person: Person) -> ColumnElement[bool]:
    """What they were told, and what operations were told of their refunds and of their appeals."""
    about = or_(table.c.refund_id.in_(_refunds(person)), table.c.facts["customer"].astext.in_(person.customer_ids))
    theirs = or_(table.c.recipient.in_(person.customer_ids), table.c.recipient.is_(None) & about)
    return (table.c.merchant_id == person.merchant_id) & theirs


def _by_message(table: Table, person: Person) -> ColumnElement[bool]:
    return table.c.message_id.in_(select(t.messages.c.message_id).where(_of_messages(t.messages, person)))


def _of_alerts(table: Table, person: Person) -> ColumnElement[bool]:
    """Those about them, and those that name a refund of theirs."""
    named = func.jsonb_array_elements_text(table.c.shown_by).column_valued("named")
    names_theirs = exists(select(named).where(named.in_(_refunds(person))).correlate(table))
    return (table.c.merchant_id == person.merchant_id) & or_(table.c.subject.in_(person.customer_ids), names_theirs)


def _of_ledger(table: Table, person: Person) -> ColumnElement[bool]:
    """What is booked for their refunds and orders, or into what is theirs."""
    own = select(t.postings.c.entry_id).where(_of_owner(t.postings, person))
    booked = table.c.refund_id.in_(_refunds(person)) | table.c.order_id.in_(_orders(person)) | table.c.entry_id.in_(own)
    return (table.c.merchant_id == person.merchant_id) & booked


def _of_owner(table: Table, person: Person) -> ColumnElement[bool]:
    return (table.c.merchant_id == person.merchant_id) & table.c.owner.in_(person.customer_ids)


def _of_answers(table: Table, person: Person) -> ColumnElement[bool]:
    """Answers that are kept to be repeated: they name their refund, or their customer."""
    answer = table.c.answer
    theirs = or_(
        answer["customer_id"].astext.in_(person.customer_ids),
        answer["refund_id"].astext.in_(_refunds(person)),
        answer["order_id"].astext.in_(_orders(person)),
    )
    return (table.c.merchant_id == person.merchant_id) & theirs


def _of_providers(table: Table, person: Person) -> ColumnElement[bool]:
    """What providers told of their payouts, and of disputes of their orders."""
    payouts = select(t.payouts.c.key).where(t.payouts.c.refund_id.in_(_refunds(person)))
    ended = select(t.ended_payout_keys.c.key).where(t.ended_payout_keys.c.refund_id.in_(_refunds(person)))
    ids = func.jsonb_array_elements_text(func.jsonb_path_query_array(t.orders.c.disputes, _DISPUTE_IDS))
    disputes = select(ids).where(_by_customer(t.orders, person), t.orders.c.disputes.is_not(None))
    return table.c.reference.in_(payouts) | table.c.reference.in_(ended) | table.c.reference.in_(disputes)


_DISPUTE_IDS: ColumnElement[str] = literal_column("'$.known[*].dispute_id'")

PLACES: Mapping[Table, Place] = {
    t.customers: Place(_by_customer, "merchant_id customer_id locale given_to", "name email phone metadata"),
    t.guests: Place(_by_customer, "merchant_id customer_id", "contact sealed_contact"),
    t.preferences: Place(_by_customer, "merchant_id customer_id", "channels time_zone quiet_from quiet_until"),
    t.orders: Place(
        _by_customer, "merchant_id order_id customer_id currency status sale campaign_ids disputes", "snapshot"
    ),
    t.order_versions: Place(_by_order, "merchant_id order_id sale", "snapshot"),
    t.payment_instruments: Place(_by_customer, "merchant_id order_id payment_id customer_id", "instrument"),
    t.refunds: Place(
        _by_customer_or_receiver,
        "refund_id merchant_id order_id customer_id status currency reason kind "
        "differs risk ended_because needs_attention waits_because given_reasons refund_to beneficiary "
        "messages_forgotten",
        "note quote quote_basis settlement basis review goods_return feedback metadata guest approvals external "
        "steps_folded",
        staff="asked_by",
    ),
    t.refund_evidence: Place(_by_refund, "refund_id added_by resembles", "piece"),
    t.pictures: Place(_by_customer_or_refund, "evidence_id merchant_id customer_id order_id refund_id added_by name"),
    t.picture_looks: Place(_by_picture, "evidence_id merchant_id"),
    t.bank_accounts: Place(_by_refund, "refund_id merchant_id key_id", "ends_in nonce sealed"),
    t.words: Place(_by_refund, "refund_id word_id kind sha256 overruled_as run", "body overruled"),
    t.keyed_words: Place(_by_refund, "refund_id word_id sha256 key_id", staff="person"),
    t.refund_events: Place(_by_refund, "refund_id event", "message"),
    t.refund_claims: Place(_by_refund, "refund_id merchant_id order_id line_id disposition stock units state"),
    t.refund_marks: Place(_by_refund, "refund_id trait merchant_id", "mark"),
    t.risk_alerts: Place(
        _of_alerts,
        "alert_id merchant_id signal shown_by limit_window",
        "subject note",
        staff="acknowledged_by",
    ),
    t.review_assignments: Place(_by_refund, "refund_id merchant_id assigned_to", staff="name"),
    t.steps: Place(_by_refund, "refund_id step", "result"),
    t.return_labels: Place(
        _by_refund,
        "merchant_id rma refund_id carrier_id state token carrier tracking_number reference address guide pickup_ref "
        "pdf zpl tracked",
    ),
    t.messages: Place(_of_messages, "merchant_id recipient refund_id topic subject locale", "body facts"),
    t.deliveries: Place(_by_message, "merchant_id channel outcome reference", "reason"),
    t.suspensions: Place(
        _by_customer, "merchant_id customer_id rule refund_id", "reason appeal", staff="imposed_by lifted_by"
    ),
    t.webhook_events: Place(_by_refund, "event_id merchant_id refund_id order_id type status", "message body"),
    t.webhook_deliveries: Place(_by_refund, "event_id merchant_id endpoint_id refund_id status"),
    t.webhook_attempts: Place(_by_event, "event_id endpoint_id url", "answer trouble"),
    t.webhooks: Place(_of_providers, "source webhook_id reference", "body"),
    t.idempotency_keys: Place(_of_answers, "merchant_id caller key request_sha256", "answer"),
    t.bulk_lines: Place(
        _by_order,
        "bulk_id merchant_id order_id status code refund_id preview",
        "request detail errors",
    ),
    t.audit_entries: Place(
        _by_customer,
        "merchant_id order_id refund_id action detail previous_hash hash customer_id",
        staff="actor",
    ),
    t.audit_texts: Place(_by_customer_or_refund, "text_id merchant_id customer_id refund_id", "salt said"),
    t.erasures: Place(_by_customer, "erasure_id merchant_id customer_id"),
    t.ledger_entries: Place(_of_ledger, "merchant_id key order_id refund_id note"),
    t.postings: Place(_of_owner, "account owner unit merchant_id"),
    t.payouts: Place(
        _by_refund,
        "refund_id payment_id merchant_id order_id key method gateway charge_ref currency status paid_by gateway_ref "
        "decline_code order_currency goes_to trace_number",
    ),
    t.ended_payout_keys: Place(_by_refund, "key refund_id payment_id decline_code"),
    t.foreign_refunds: Place(_by_refund, "merchant_id gateway reference refund_id"),
    t.settlement_differences: Place(
        _by_refund,
        "merchant_id gateway reference difference refund_id ours_currency theirs_currency charge_ref report_id",
    ),
    t.api_keys: Place(_by_customer, "key_sha256 merchant_id role customer_id key_id prefix", staff="person made_by"),
    t.identity_codes: Place(
        _by_customer,
        "code_id merchant_id order_id contact_mark code_mark customer_id only_order_id outcome",
        staff="made_by",
    ),
    t.identity_sessions: Place(
        _by_customer, "key_sha256 session_id merchant_id role customer_id only_order_id", staff="made_by"
    ),
    t.passkeys: Place(_by_customer, "credential_id passkey_id merchant_id customer_id user_handle public_key"),
    t.passkey_challenges: Place(_by_customer, "challenge_id challenge merchant_id customer_id session_id user_handle"),
    t.audit_counts: Place(_by_customer, "merchant_id customer_id"),
    t.campaign_rewards: Place(_by_customer, "merchant_id campaign_id customer_id kind currency coupon_id withdrawn_by"),
    t.campaign_standings: Place(_by_customer, "merchant_id customer_id campaign_id currency"),
    t.coupons: Place(_by_customer, "merchant_id coupon_id customer_id name currency"),
    t.coupon_uses: Place(
        _by_customer, "merchant_id coupon_id order_id customer_id reinstated_by freed_by used_again_by"
    ),
    t.exclusive_uses: Place(_by_customer, "merchant_id discount_id order_id customer_id reinstated_by freed_by"),
    t.holds: Place(_by_customer, "refund_id kind source_id merchant_id customer_id unit state coupon_id"),
    t.order_grants: Place(_by_order, "merchant_id order_id name kind currency line_ids withdrawn_by customer_id"),
    t.points_lots: Place(_by_customer, "merchant_id customer_id earned_by"),
    t.points_spends: Place(_by_order, "merchant_id order_id"),
    t.audit_blocks: Place(None, "merchant_id root"),
    t.audit_checkpoints: Place(None, "merchant_id root head key_id replaces signature public_key"),
    t.audit_time_stamps: Place(None, "merchant_id token"),
    t.archives: Place(None, "merchant_id kind name sha256"),
    t.audit_heads: Place(None, "merchant_id hash"),
    t.bulks: Place(
        None,
        "bulk_id merchant_id status sha256 same_as totals trouble",
        staff="asked_by confirmed_by stopped_by",
    ),
    t.campaigns: Place(None, "merchant_id campaign_id terms"),
    t.carrier_accounts: Place(None, "merchant_id carrier_id adapter base_address settings key_id nonce sealed token"),
    t.compared_books: Place(None, "merchant_id"),
    t.coupon_counts: Place(None, "merchant_id coupon_id"),
    t.entitlement_systems: Place(None, "merchant_id system_id url adapter key_id nonce sealed"),
    t.gateway_accounts: Place(
        None, "merchant_id gateway_id adapter account base_address key_id nonce sealed token limits"
    ),
    t.identity_providers: Place(
        None, "merchant_id provider_id issuer client_id address key_id nonce sealed token", staff="rules"
    ),
    t.keeper_rounds: Place(None, "name place"),
    t.merchant_reasons: Place(None, "merchant_id document"),
    t.policies: Place(None, "merchant_id document"),
    t.rate_counts: Place(None, "quota subject"),
    t.settlement_lines: Place(
        None,
        "line_id merchant_id gateway report_id movement reference key charge_ref currency trace_number "
        "settled_currency",
    ),
    t.settlement_report_parts: Place(None, "report_id merchant_id content"),
    t.settlement_reports: Place(None, "report_id merchant_id gateway format name sha256 status fault differences"),
    t.sign_ins: Place(None, "state_sha256 browser_sha256 merchant_id provider_id role return_to"),
    t.staff_people: Place(None, "merchant_id issuer", staff="subject person"),
    t.staff_sessions: Place(None, "key_sha256 session_id merchant_id provider_id role hint", staff="person"),
    t.stray_disputes: Place(None, "merchant_id gateway dispute_id stands status charge_refs currency why"),
    t.test_clocks: Place(None, "merchant_id"),
    t.watermarks: Place(None, "name"),
    t.webhook_endpoints: Place(None, "merchant_id endpoint_id url event_types disabled_because sender"),
    t.webhook_secrets: Place(None, "merchant_id endpoint_id secret_id key_id nonce sealed"),
}

HELD: Sequence[Table] = tuple(table for table, place in PLACES.items() if place.whose is not None)
"""The tables with rows about customers, in the order in which they are exported."""


Key = Sequence[str | int]
"""What a row is found by in its table."""


async def page(
    connection: AsyncConnection, person: Person, table: Table, *, after: Key | None, limit: int
) -> list[RowMapping]:
    """Return rows of a table about somebody in the order of their keys, those after this one, without their bytes."""
    whose = PLACES[table].whose
    assert whose is not None, f"{table.name} is about nobody"
    query = select(*(each for each in table.c if not isinstance(each.type, LargeBinary))).where(whose(table, person))
    key = table.primary_key.columns
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*(literal(value) for value in after)))
    return list((await connection.execute(query.order_by(*key).limit(limit))).mappings())


def read_key(table: Table, values: Any) -> Key:
    """Take the values of a key; raises ValueError where they are none of this table."""
    kinds = [each.type.python_type for each in table.primary_key.columns]
    if not isinstance(values, list) or [type(value) for value in values] != kinds:
        raise ValueError(f"no key of {table.name}")
    return values


def key_of(table: Table, row: RowMapping) -> Key:
    return [row[each.name] for each in table.primary_key.columns]
