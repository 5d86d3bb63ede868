#!/bin/sh
# The tour of README.md, from an order to the coupon that comes back. `make up` runs in another terminal.
# Needs curl and jq. Everything has a name of its own, so the tour can be taken again.
set -eu

# --- where everything is
STACK=${MAKEWHOLE_HOME:-.dev}/stack.json
API=$(jq -r .api_url "$STACK")
MERCHANT=$(jq -r .keys.merchant "$STACK")
REVIEWER=$(jq -r .keys.reviewer "$STACK")
WAREHOUSE=$(jq -r .keys.warehouse "$STACK")
RUN=$(date +%s)
CUSTOMER=lilei-$RUN
COUPON=cpn-100-$RUN
ORDER=o-$RUN
case ${LOCALE:-en} in
  zh*) NAME=李雷 OFF=立减100元 KETTLE=电水壶 ;;
  *) NAME='Li Lei' OFF='100 off' KETTLE=Kettle ;;
esac
days_from_now() { jq -nr "now + ($1) * 86400 | floor | todate"; }
call() { # call KEY METHOD PATH [BODY]
  curl --silent --show-error --fail-with-body -X "$2" "$API$3" \
    -H "Authorization: Bearer $1" -H 'Content-Type: application/json' ${4:+--data "$4"}
  echo
}

# --- a customer with a coupon, and an order that used it: two kettles for 600.00 each, 100.00 off
call "$MERCHANT" PUT "/v1/customers/$CUSTOMER" '{"name":"'"$NAME"'","locale":"'"${LOCALE:-en}"'"}'
call "$MERCHANT" PUT "/v1/coupons/$COUPON" '{"customer_id":"'"$CUSTOMER"'", "name":"'"$OFF"'", "amount":10000,
  "currency":"CNY", "valid_until":"'"$(days_from_now 10)"'"}'
call "$MERCHANT" PUT "/v1/orders/$ORDER" '{"customer_id":"'"$CUSTOMER"'", "currency":"CNY", "status":"delivered",
  "placed_at":"'"$(days_from_now -5)"'", "paid_at":"'"$(days_from_now -5)"'", "delivered_at":"'"$(days_from_now -2)"'",
  "lines":[{"line_id":"l1", "sku":"A-1", "name":"'"$KETTLE"'", "quantity":2, "unit_price":60000}],
  "discounts":[{"source":"coupon", "id":"'"$COUPON"'", "amount":10000}],
  "payments":[{"payment_id":"p1", "method":"card", "gateway":"sandbox", "gateway_ref":"ch-'"$ORDER"'",
               "amount":110000}]}'

# --- what would it come to? Every figure says why
WANTED='{"order_id":"'"$ORDER"'", "reason":"changed_mind", "kind":"return", "note":"too loud"}'
call "$MERCHANT" POST /v1/refunds/quote "$WANTED" | jq '{total, lines: [.lines[].explanation.text]}'

# --- the refund itself; it waits for a reviewer, who says yes
REFUND=$(call "$MERCHANT" POST /v1/refunds "$WANTED" | jq -r .refund_id)
call "$REVIEWER" POST "/v1/refunds/$REFUND/review" '{"decision":"approve"}' | jq .status

# --- the parcel: sent, received, inspected
call "$MERCHANT" POST "/v1/refunds/$REFUND/shipment" '{"carrier":"SF Express", "tracking_number":"SF1001"}' | jq .status
call "$WAREHOUSE" POST "/v1/refunds/$REFUND/receipt" '{}' | jq .status
call "$WAREHOUSE" POST "/v1/refunds/$REFUND/inspection" '{}' | jq .status

# --- the money is back, and the coupon can be used again
until [ "$(call "$MERCHANT" GET "/v1/refunds/$REFUND" | jq -r .status)" = completed ]; do sleep 1; done
call "$MERCHANT" GET "/v1/refunds/$REFUND" | jq '{status, total, payouts}'
call "$MERCHANT" GET "/v1/coupons/$COUPON" | jq '{status, valid_until}'
call "$MERCHANT" GET "/v1/customers/$CUSTOMER/inbox" | jq -r '.items[].body'
