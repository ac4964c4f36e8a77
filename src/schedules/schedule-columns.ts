// The columns of `schedules` under the names of the Schedule type. One list, used by every statement that returns
// schedules.

export const scheduleColumns = `
  merchant_id as "merchantId", schedule_id as "scheduleId", merchant_uid as "merchantUid",
  customer_uid as "customerUid", state, schedule_at as "scheduleAtMs", due_at as "dueAtMs",
  unsent_attempts as "unsentAttempts", amount as "amountWon", tax_free as "taxFreeWon",
  vat_amount as "vatWon", card_quota as "cardQuota", name, customer_id as "customerId",
  buyer_name as "buyerName", buyer_email as "buyerEmail", buyer_tel as "buyerTel",
  buyer_addr as "buyerAddr", buyer_postcode as "buyerPostcode", buyer_ip as "buyerIp",
  custom_data as "customData", notice_url as "noticeUrl", imp_uid as "impUid",
  payment_status as "paymentStatus", fail_reason as "failReason", executed_at as "executedAtMs",
  revoked_at as "revokedAtMs"`
