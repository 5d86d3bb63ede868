"""Settlement reports as providers write them: what is read, to the minor unit, and what is refused with its line."""

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.settlement_reports.formats import FORMATS
from gateways.settlement_reports.reading import Bounded, ReportFault, amount_moved

Json = dict[str, Any]

STRIPE: Json = {
    "id": "txn_1",
    "object": "balance_transaction",
    "amount": -4_000,
    "currency": "eur",
    "created": 1_795_910_400,
    "status": "available",
    "type": "refund",
    "source": {
        "id": "re_1",
        "amount": 4_000,
        "currency": "eur",
        "charge": "ch_1",
        "metadata": {"makewhole_key": "rf_1:payout:0", "makewhole_charge": "pi_1"},
        "destination_details": {"type": "card", "card": {"reference": "74000000000000000000001"}},
    },
}
SHOPIFY: Json = {
    "id": 1,
    "type": "refund",
    "test": False,
    "payout_status": "paid",
    "currency": "USD",
    "amount": "-3.45",
    "source_id": 7,
    "source_order_transaction_id": 8,
    "processed_at": "2026-11-04T19:52:08-05:00",
}

WECHAT_HEADING = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def wechat_row(
    refund: str = "50000000001", state: str = "SUCCESS", asked: str = "40.00", status: str = "REFUND"
) -> str:
    fields = [
        "2026-11-29 10:00:00",
        "wx1",
        "1900000001",
        "0",
        "",
        "4200000001",
        "order-1",
        "o1",
        "JSAPI",
        status,
        "CFT",
    ]
    fields += [
        "CNY",
        "0.00",
        "0.00",
        refund,
        "k1",
        "38.00",
        "2.00",
        "ORIGINAL",
        state,
        "tea, green",
        "",
        "-0.24",
        "0.60%",
    ]
    return ",".join(f"`{each}" for each in [*fields, "0.00", asked, ""])


def wechat_bill(*rows: str) -> bytes:
    return "\r\n".join([WECHAT_HEADING, *rows, WECHAT_TOTALS, "`1,`0.00,`38.00,`2.00,`-0.24,`0.00,`40.00", ""]).encode()


ALIPAY_HEADING = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_row(
    kind: str = "退款", amount: str = "-40.00", request: str = "k1", done: str = "2026-11-29 10:00:30"
) -> str:
    fields = ["2026112922001\t", "order-1\t", kind, "绿茶", "2026-11-29 10:00:00", done, "", "", "", "", "a***@b.c"]
    return ",".join([*fields, amount, amount, *["0.00"] * 5, "", "0.00", "0.00", f"{request}\t", "0.00", "0.00", ""])


def alipay_bill(*rows: str, end: str = "#-----业务明细列表结束-----") -> bytes:
    before = ["#支付宝业务明细查询", "#账号：[2088000000000000]", "#-----业务明细列表-----", ALIPAY_HEADING]
    return "\r\n".join([*before, *rows, end, "#交易合计：0笔", "#退款合计：1笔", ""]).encode("gb18030")


PAYPAL_HEADING = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction  Debit or Credit",'
    '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency",'
    '"Custom Field","Consumer ID","Payment Tracking ID","Store ID"'
)


def paypal_row(
    amount: str = "4000", currency: str = "USD", code: str = "T1107", way: str = "DR", done: str | None = None
) -> str:
    at = done or "2026/11/29 10:00:00 -0800"
    return (
        f'"SB","5TY05013RG002845M","k1","8MC585209K746392H","TXN","{code}",{at},{at},"{way}",{amount},"{currency}",'
        '"CR",12,"USD","k1","","",""'
    )


def paypal_report(*rows: str, end: str = '"FF",3') -> bytes:
    before = ['"RH",2026/11/30 02:44:19 -0800,"A","M1",009', '"FH",01', PAYPAL_HEADING]
    return "\r\n".join([*before, *rows, '"SF","USD",4000', '"SC",3', '"RF"', end, ""]).encode()


PAYPAL_SEARCHED: Json = {
    "transaction_id": "5TY05013RG002845M",
    "paypal_reference_id": "8MC585209K746392H",
    "transaction_event_code": "T1107",
    "transaction_updated_date": "2026-11-29T10:00:00+0000",
    "transaction_amount": {"currency_code": "USD", "value": "-40.00"},
    "transaction_status": "S",
    "custom_field": "k1",
}


def paypal_page(**fields: Any) -> bytes:
    return json_lines({"transaction_details": [{"transaction_info": {**PAYPAL_SEARCHED, **fields}}]})


ADYEN_HEADING = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
    "Payment Method Variant,Modification Merchant Reference,Batch Number"
)


def adyen_row(
    kind: str = "Refunded", debit: str = "40.00", credit: str = "", currency: str = "EUR", zone: str = "CET"
) -> str:
    return (
        f"TestCompany,TestMerchant,1813702551707653,order-1,visa,2026-11-29 10:00:00,{zone},{kind},1713702551795048,"
        f"{currency},{debit},{credit},1,EUR,40.10,,,0.04,0.01,0.05,visaclassic,k1,7"
    )


def adyen_report(*rows: str) -> bytes:
    return "\n".join(["\ufeff" + ADYEN_HEADING, *rows, ""]).encode()


def json_lines(*objects: Json) -> bytes:
    return b"\n".join(json.dumps(each).encode() for each in objects)


def lines_of(name: str, report: bytes) -> list[SettlementLine]:
    return list(FORMATS[name](io.BytesIO(report)))


def test_a_balance_transaction_of_stripe_is_its_refund() -> None:
    (line,) = lines_of("stripe", json_lines(STRIPE))

    assert (line.line_id, line.movement, line.reference, line.key) == (
        "txn_1",
        Movement.REFUND,
        "re_1",
        "rf_1:payout:0",
    )
    assert (line.amount, line.charge_ref, line.is_settled) == (Money("EUR", 40_00), "pi_1", True)
    assert (line.at, line.trace_number) == (datetime(2026, 11, 29, tzinfo=UTC), "74000000000000000000001")


def test_what_is_refunded_in_another_currency_than_the_balance_counts_as_the_customer_gets_it() -> None:
    (line,) = lines_of("stripe", json_lines({**STRIPE, "amount": -4_300, "currency": "usd", "fee": 35, "net": -4_335}))

    assert (line.amount, line.settled) == (Money("EUR", 40_00), Money("USD", 43_00))


def test_what_was_settled_is_said_in_units_of_its_own_currency() -> None:
    yen = {**STRIPE, "type": "refund_failure", "amount": 6_500, "currency": "jpy", "exchange_rate": 162.5}
    krona = {**STRIPE, "amount": -580_000, "currency": "isk"}  # in hundredths, which it has not

    lines = lines_of("stripe", json_lines(yen, krona))

    assert [line.settled for line in lines] == [Money("JPY", 6_500), Money("ISK", 5_800)]


def test_in_the_currency_of_the_refund_or_without_the_refund_in_it_nothing_says_what_an_exchange_cost() -> None:
    unexpanded = {**STRIPE, "source": "re_1", "amount": -4_300, "currency": "usd"}
    of_the_refund_alone = {name: value for name, value in STRIPE.items() if name not in ("amount", "currency")}

    lines = lines_of("stripe", json_lines(STRIPE, unexpanded, of_the_refund_alone))

    assert [line.settled for line in lines] == [None, None, None]


def test_a_charge_a_fee_and_a_payout_are_no_refund_and_a_refund_that_fails_takes_it_back() -> None:
    others = [{**STRIPE, "type": kind} for kind in ("charge", "stripe_fee", "payout", "adjustment")]
    failed = {**STRIPE, "id": "txn_2", "type": "refund_failure", "amount": 4_000, "status": "pending"}

    (line,) = lines_of("stripe", json_lines(*others, failed))

    assert (line.movement, line.amount, line.is_settled, line.place) == (
        Movement.REFUND_FAILED,
        Money("EUR", 40_00),
        False,
        5,
    )


def test_a_page_is_read_however_it_is_written() -> None:
    page = {"object": "list", "data": [STRIPE, {**STRIPE, "id": "txn_2"}]}
    one = json_lines({**STRIPE, "id": "txn_3"})
    written = [json.dumps(page).encode(), json.dumps(page, indent=2).encode(), json.dumps(page["data"]).encode()]

    assert [[line.line_id for line in lines_of("stripe", each)] for each in written] == [["txn_1", "txn_2"]] * 3
    assert [(line.line_id, line.place) for line in lines_of("stripe", written[0] + b"\n" + one)][-1] == ("txn_3", 3)


def test_shopify_names_the_transaction_of_the_order() -> None:
    (line,) = lines_of("shopify", json_lines({"transactions": [SHOPIFY, {**SHOPIFY, "test": True}]}))

    assert (line.reference, line.amount, line.is_settled) == ("8", Money("USD", 3_45), True)
    assert line.at.isoformat() == "2026-11-04T19:52:08-05:00"


def test_wechat_pays_bill_is_read_by_its_headings() -> None:
    rows = [
        wechat_row(),
        wechat_row("50000000002", "PROCESSING"),
        wechat_row("50000000003", "CHANGE"),
        wechat_row("0", "", status="SUCCESS"),
    ]

    paid, on_its_way = lines_of("wechat_pay", wechat_bill(*rows))

    assert (paid.reference, paid.key, paid.charge_ref, paid.amount) == (
        "50000000001",
        "k1",
        "4200000001",
        Money("CNY", 40_00),
    )
    assert (paid.at.isoformat(), paid.is_settled, on_its_way.is_settled) == ("2026-11-29T10:00:00+08:00", True, False)
    assert [paid.place, on_its_way.place] == [2, 3]


def test_a_name_of_goods_in_wechat_pays_bill_may_have_commas_whoever_saved_it() -> None:
    """They put a backtick before each field and no quotes around it; a spreadsheet that saves it does."""
    as_it_comes = wechat_row()
    by_a_spreadsheet = as_it_comes.replace("`tea, green", '"`tea, ""green"""')

    for row in (as_it_comes, by_a_spreadsheet):
        (line,) = lines_of("wechat_pay", wechat_bill(row))
        assert (line.reference, line.amount) == ("50000000001", Money("CNY", 40_00))


def test_wechat_pays_bills_of_several_days_are_one_report_and_each_has_its_end() -> None:
    first, second = wechat_bill(wechat_row()), wechat_bill(wechat_row("50000000002"), wechat_row("50000000003"))

    found = lines_of("wechat_pay", first + b"\n" + second)

    assert [line.reference for line in found] == ["50000000001", "50000000002", "50000000003"]
    assert [line.place for line in found] == [2, 7, 8]
    with pytest.raises(ReportFault, match="it was cut off"):
        lines_of("wechat_pay", first + WECHAT_HEADING.encode() + b"\n")


def test_alipays_bill_is_read_between_its_comments() -> None:
    (line,) = lines_of("alipay", alipay_bill(alipay_row("交易", "100.00", ""), alipay_row()))

    assert (line.key, line.charge_ref, line.amount) == ("k1", "2026112922001", Money("CNY", 40_00))
    assert (line.at.isoformat(), line.place) == ("2026-11-29T10:00:30+08:00", 6)


def test_paypals_report_is_read_to_the_unit_that_they_give_a_currency() -> None:
    others = [paypal_row(code="T0006", way="CR"), paypal_row(way="CR")]

    dollars, forint = lines_of("paypal", paypal_report(*others, paypal_row(), paypal_row("120", "HUF")))

    assert (dollars.reference, dollars.key, dollars.charge_ref) == ("5TY05013RG002845M", "k1", "8MC585209K746392H")
    assert (dollars.amount, forint.amount) == (Money("USD", 40_00), Money("HUF", 120_00))
    assert (dollars.at, dollars.place, dollars.is_settled) == (datetime(2026, 11, 29, 18, tzinfo=UTC), 6, True)


def test_a_page_of_paypals_search_is_its_refunds_and_one_that_was_reversed_moves_again() -> None:
    others = [
        {"transaction_event_code": "T0006"},
        {**PAYPAL_SEARCHED, "transaction_amount": {"currency_code": "USD", "value": "40.00"}},
    ]
    infos = [*others, PAYPAL_SEARCHED, {**PAYPAL_SEARCHED, "transaction_status": "V"}]
    page = {"transaction_details": [{"transaction_info": each} for each in infos], "total_pages": 1}

    paid, back = lines_of("paypal_search", json_lines(page))

    assert (paid.reference, paid.key, paid.charge_ref) == ("5TY05013RG002845M", "k1", "8MC585209K746392H")
    assert (paid.amount, paid.at, paid.is_settled) == (
        Money("USD", 40_00),
        datetime(2026, 11, 29, 10, tzinfo=UTC),
        True,
    )
    assert (paid.movement, back.movement, paid.place) == (Movement.REFUND, Movement.REFUND_FAILED, 3)
    assert back.reference == paid.reference and back.line_id != paid.line_id


def test_adyens_report_names_the_refund_and_one_that_came_back() -> None:
    paid, back = lines_of(
        "adyen", adyen_report(adyen_row("Settled"), adyen_row(), adyen_row("RefundedReversed", "", "40.00", zone="UTC"))
    )

    assert (paid.reference, paid.key, paid.charge_ref) == ("1713702551795048", "k1", "1813702551707653")
    assert (paid.movement, back.movement) == (Movement.REFUND, Movement.REFUND_FAILED)
    assert paid.amount == back.amount == Money("EUR", 40_00) and paid.line_id != back.line_id
    assert (paid.at, back.at) == (datetime(2026, 11, 29, 9, tzinfo=UTC), datetime(2026, 11, 29, 10, tzinfo=UTC))


def test_where_adyen_says_when_it_was_booked_that_is_its_time() -> None:
    heading = f"{ADYEN_HEADING},Booking Date,Booking Date TimeZone"
    booked = f"{adyen_row()},2026-11-30 12:00:00,Europe/Amsterdam"

    (line,) = lines_of("adyen", f"{heading}\n{booked}\n".encode())

    assert line.at == datetime(2026, 11, 30, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "report", "said"),
    [
        ("stripe", b"txn_1,refund,-4000\n", "no JSON"),
        ("stripe", json_lines(STRIPE) + b"\n{oops\n", "line 2 is no JSON"),
        ("stripe", json_lines({**STRIPE, "source": None}), "line 1: source is missing"),
        ("stripe", json_lines({**STRIPE, "currency": None}), "line 1: amount and currency"),
        ("stripe", json_lines({**STRIPE, "source": {"id": "re_1"}, "amount": -40.5}), "line 1: amount and currency"),
        ("stripe", json_lines(STRIPE, {**STRIPE, "source": {**STRIPE["source"], "amount": "4000"}}), "line 2: amount"),
        ("stripe", b"[1]", "line 1: an object is awaited"),
        ("shopify", json_lines({**SHOPIFY, "amount": -3.45}), "line 1, amount: a string"),
        ("shopify", json_lines({**SHOPIFY, "amount": "-3.455"}), "finer than USD"),
        ("shopify", json_lines({**SHOPIFY, "currency": "XXX"}), "'XXX' is no currency"),
        ("shopify", json_lines({**SHOPIFY, "processed_at": "yesterday"}), "line 1, processed_at"),
        ("shopify", json_lines({**SHOPIFY, "processed_at": "2026-11-04T19:52:08"}), "with its offset"),
        ("wechat_pay", WECHAT_HEADING.encode() + b"\n" + wechat_row().encode(), "it was cut off"),
        ("wechat_pay", wechat_bill(wechat_row(asked="4o.00")), "line 2, 申请退款金额"),
        ("wechat_pay", wechat_bill(wechat_row(state="HALF")), "line 2, 退款状态: 'HALF'"),
        ("wechat_pay", wechat_bill(wechat_row(refund="0")), "line 2, 微信退款单号"),
        ("wechat_pay", wechat_bill(wechat_row() + ",`more"), "line 2 has 28 fields, the heading has 27"),
        ("wechat_pay", alipay_bill(alipay_row()).decode("gb18030").encode(), "the heading lacks"),
        ("alipay", alipay_bill(alipay_row(), end="#"), "it was cut off"),
        ("alipay", alipay_bill(alipay_row(request="")), "line 5: a refund needs"),
        ("alipay", alipay_bill(alipay_row(done="today")), "line 5, 完成时间"),
        ("alipay", alipay_bill(alipay_row()).replace("退款批次号/请求号".encode("gb18030"), b"x"), "the heading lacks"),
        ("alipay", b"#\xff\xff\n", "line 1 is not in GB 18030"),
        ("paypal", paypal_report(paypal_row(), end=""), "it was cut off"),
        ("paypal", paypal_report(paypal_row("40.00")), "line 4, Gross Transaction Amount: '40.00'"),
        ("paypal", paypal_report(paypal_row(currency="XXX")), "line 4, Gross Transaction Amount: 'XXX' is no currency"),
        ("paypal", paypal_report(paypal_row(done="yesterday")), "line 4, Transaction Completion Date"),
        ("paypal", paypal_report(paypal_row() + ',"more"'), "line 4 has 19 fields, the heading has 18"),
        ("paypal", paypal_report(paypal_row()).replace(b"5TY05013RG002845M", b""), "line 4: a refund needs"),
        ("paypal", paypal_report().replace(b"Custom Field", b"Custom"), "line 3: the heading lacks Custom Field"),
        ("paypal", b'"CH","Transaction ID\n', "is no CSV"),
        ("paypal", b"\xff\xfe\n", "line 1 is not in UTF-8"),
        ("paypal_search", json_lines({"transaction_info": "x"}), "line 1, transaction_info: an object"),
        ("paypal_search", paypal_page(transaction_event_code=""), "line 1: transaction_event_code is missing"),
        ("paypal_search", paypal_page(transaction_amount={"value": "-1"}), "line 1, transaction_amount.currency_code"),
        (
            "paypal_search",
            paypal_page(transaction_amount={"currency_code": "USD", "value": "-1.005"}),
            "line 1, transaction_amount: ",
        ),
        ("adyen", b"", "no heading"),
        ("adyen", adyen_report(adyen_row(debit="4o")), "line 2, Gross Debit"),
        ("adyen", adyen_report(adyen_row(credit="1.00")), "line 2: an amount is awaited in one of"),
        ("adyen", adyen_report(adyen_row(zone="Mars")), "line 2, Creation Date"),
        ("adyen", adyen_report(adyen_row()).replace(b"1713702551795048", b""), "line 2: a refund needs"),
        ("adyen", adyen_report(adyen_row() + ",more"), "line 2 has 24 fields, the heading has 23"),
        ("adyen", adyen_report().replace(b"TimeZone", b"Zone"), "line 1: the heading lacks TimeZone"),
    ],
)
def test_a_report_that_cant_be_read_is_refused_with_its_line(name: str, report: bytes, said: str) -> None:
    with pytest.raises(ReportFault, match="".join(f"[{each}]" if each in "[](){}.?*+|" else each for each in said)):
        lines_of(name, report)


@given(
    minor=st.integers(0, 10**12),
    currency=st.sampled_from(sorted(DECIMALS)),
    sign=st.sampled_from(["", "-"]),
    zeros=st.integers(0, 3),
)
def test_every_amount_is_read_to_its_minor_unit(minor: int, currency: str, sign: str, zeros: int) -> None:
    decimals = DECIMALS[currency]
    whole, rest = divmod(minor, 10**decimals)
    written = f"{sign}{whole}" + (f".{rest:0{decimals}d}{'0' * zeros}" if decimals else "")

    assert amount_moved(currency, written, 1, "amount") == Money(currency, minor)


@pytest.mark.parametrize("text", ["", "1,000.00", "1.", ".5", "1e3", "٣", "0x1", "+1", "--1", "NaN", "1 000"])
def test_what_is_no_decimal_number_is_no_amount(text: str) -> None:
    with pytest.raises(ReportFault, match="no amount"):
        amount_moved("EUR", text, 3, "amount")


@pytest.mark.parametrize("packed", [gzip.compress(b"{" * 3_000_000), gzip.compress(b"{}\n" * 1_000_000)])
def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_read(packed: bytes) -> None:
    with gzip.open(io.BytesIO(packed)) as unpacked:
        report = io.BufferedReader(Bounded(cast(BinaryIO, unpacked), 1_000_000), 1_000)
        with pytest.raises(ReportFault, match="more than 1000000 bytes"):
            report.read()
        assert unpacked.tell() <= 1_200_000


def test_as_many_bytes_as_a_report_may_have_are_read() -> None:
    assert list(io.BufferedReader(Bounded(io.BytesIO(b"a\nb\n"), 4))) == [b"a\n", b"b\n"]
