// What follows a cancel in the same commit: the schedule its payment came from, and the webhook. Parts of a
// statement whose CTEs `ended` and `settled` hold the cancel and its payment; $1 merchant, $3 instant.

/** V1 shows a schedule's payment as cancelled from the first cancel on. */
export const markScheduleCancelled = `schedule as (
     update schedules t set payment_status = 'cancelled', updated_at = $3
     from settled s
     where t.merchant_id = $1 and t.imp_uid = s.imp_uid and t.payment_status = 'paid'
       and s.state = 'cancelled')`

/**
 * The event of a cancel, which V1 sends only when the cancel asked for it and the payment has an address to send
 * it to. `webhookId` is a uuid parameter.
 */
export function tellOfCancel(webhookId: string): string {
  return `event as (
     insert into webhooks (
       merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, cancellation_id, url_override, state,
       due_at, created_at, updated_at)
     select s.merchant_id, ${webhookId}::uuid, s.sandbox, s.imp_uid, s.merchant_uid, 'cancelled',
       c.cancel_id::text, s.notice_url, 'pending', $3, $3, $3
     from settled s
     join ended c on c.merchant_id = s.merchant_id and c.imp_uid = s.imp_uid
     left join webhook_endpoints e on e.merchant_id = s.merchant_id and e.sandbox = s.sandbox
     where c.state = 'done' and c.enable_webhook and (s.notice_url is not null or e.url is not null))`
}
