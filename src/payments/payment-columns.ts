// The columns of `payments` under the names of the Payment type. One list, used by every statement that returns
// payments.

// The payment's cancels travel with it, so that no list asks once per payment and both are of one snapshot. The
// inner names let this stand behind any one relation that has the payment's columns; it costs nothing until
// something was cancelled.
const doneCancels = `case when cancel_amount = 0 then '[]'::json else (
    select coalesce(json_agg(json_build_object(
        'cancelId', c.id, 'amountWon', c.won, 'pgTid', c.tid, 'reason', c.why, 'cancelledAtMs', c.ms)
      order by c.ms, c.id), '[]'::json)
    from (
      select merchant_id as m, imp_uid as u, cancel_id as id, amount as won, pg_tid as tid, reason as why,
        (extract(epoch from cancelled_at) * 1000)::bigint as ms
      from cancels where state = 'done') c
    where c.m = merchant_id and c.u = imp_uid) end`

export const paymentColumns = `
  merchant_id as "merchantId", imp_uid as "impUid", merchant_uid as "merchantUid", state, method,
  channel_key as "channelKey", pg_id as "pgId", sandbox, amount as "amountWon",
  cancel_amount as "cancelAmountWon", tax_free as "taxFreeWon", vat_amount as "vatWon",
  card_quota as "cardQuota", name, buyer_name as "buyerName", buyer_email as "buyerEmail",
  buyer_tel as "buyerTel", buyer_addr as "buyerAddr", buyer_postcode as "buyerPostcode",
  custom_data as "customData", notice_url as "noticeUrl", user_agent as "userAgent",
  customer_uid as "customerUid", customer_uid_usage as "customerUidUsage",
  card_number_masked as "cardNumberMasked", card_code as "cardCode", card_name as "cardName",
  card_type as "cardType", pg_tid as "pgTid", apply_num as "applyNum", failure, purpose,
  give_back as "giveBack",
  fail_reason as "failReason", cancel_reason as "cancelReason", started_at as "startedAtMs",
  paid_at as "paidAtMs", failed_at as "failedAtMs", cancelled_at as "cancelledAtMs",
  ${doneCancels} as "cancels"`
