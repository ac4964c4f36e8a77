// The columns of `payments` under the names of the Payment type. One list, used by every statement that returns
// payments.

export const paymentColumns = `
  merchant_id as "merchantId", imp_uid as "impUid", merchant_uid as "merchantUid", state, method,
  channel_key as "channelKey", pg_id as "pgId", sandbox, amount as "amountWon",
  cancel_amount as "cancelAmountWon", tax_free as "taxFreeWon", vat_amount as "vatWon",
  card_quota as "cardQuota", name, buyer_name as "buyerName", buyer_email as "buyerEmail",
  buyer_tel as "buyerTel", buyer_addr as "buyerAddr", buyer_postcode as "buyerPostcode",
  custom_data as "customData", notice_url as "noticeUrl", user_agent as "userAgent",
  customer_uid as "customerUid", customer_uid_usage as "customerUidUsage",
  card_number_masked as "cardNumberMasked", card_code as "cardCode", card_name as "cardName",
  card_type as "cardType", pg_tid as "pgTid", apply_num as "applyNum", failure,
  fail_reason as "failReason", cancel_reason as "cancelReason", started_at as "startedAtMs",
  paid_at as "paidAtMs", failed_at as "failedAtMs", cancelled_at as "cancelledAtMs"`
