// What follows a settlement in the same commit: the schedule it came from, the waiting billing key, the webhook.
// Parts of a statement whose CTE `settled` holds the payments as settled, `updated_at` being the instant; $1 is the
// merchant, and where it settles a single payment, $2 its imp_uid and $3 the instant.

import { auditEvent } from '../audit/audit-event.ts'
import { auditKeptKey, keptKeyDetail, replacedColumns } from '../billing-keys/replaced-key.ts'

// A key issued with the payment is kept when it is paid, dropped when it failed or goes back, left waiting while
// unknown.
const keepOrDrop = `pending as (
     delete from pending_billing_keys
     where merchant_id = $1 and imp_uid = $2 and exists (select from settled where state <> 'unknown')
     returning *),
   kept as (
     insert into billing_keys (
       merchant_id, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed, card_number_masked,
       card_code, card_name, card_type, customer_name, customer_tel, customer_email, customer_addr,
       customer_postcode, inserted_at, updated_at)
     select p.merchant_id, p.customer_uid, p.channel_key, p.pg_id, p.sandbox, p.gateway_key_sealed,
       p.card_number_masked, p.card_code, p.card_name, p.card_type, p.customer_name, p.customer_tel,
       p.customer_email, p.customer_addr, p.customer_postcode, $3, $3
     from pending p join settled s on s.state = 'paid' and s.give_back is null
     on conflict (merchant_id, customer_uid) do update set
       channel_key = excluded.channel_key, pg_id = excluded.pg_id, sandbox = excluded.sandbox,
       gateway_key_sealed = excluded.gateway_key_sealed,
       card_number_masked = excluded.card_number_masked, card_code = excluded.card_code,
       card_name = excluded.card_name, card_type = excluded.card_type,
       customer_name = excluded.customer_name, customer_tel = excluded.customer_tel,
       customer_email = excluded.customer_email, customer_addr = excluded.customer_addr,
       customer_postcode = excluded.customer_postcode, updated_at = excluded.updated_at,
       ${replacedColumns}
     returning *)`

/** What becomes of a key issued with the payment. `eventId` is a uuid parameter, for the audit of one that is kept. */
export function keepOrDropPendingKey(eventId: string): string {
  return `${keepOrDrop},
   ${auditKeptKey(eventId, "'payments'", '$3')}`
}

// The event of a settlement by evidence ($9 its id … $13 its reason), with the key that it keeps, if any.
const auditEvidence = auditEvent({
  from: `(select s.merchant_id, s.imp_uid, s.state, s.amount, s.give_back, k.billing_key
       from settled s left join (
         select jsonb_build_object('customerUid', customer_uid) || ${keptKeyDetail} as billing_key from kept) k on true) e`,
  eventId: '$9',
  actor: '$12',
  action: `'payment.settled_by_evidence'`,
  subject: 'imp_uid',
  detail: `jsonb_build_object('state', state, 'amount', amount, 'giveBack', give_back, 'source', $10::text,
         'verdict', $11::text, 'transactionId', $5::text, 'reason', $13::text, 'billingKey', billing_key)`,
  at: '$3',
})

/** The same for a settlement by evidence, which leaves an event whether there is a key or not. */
export const keepByEvidence = `${keepOrDrop},
   ${auditEvidence}`

/**
 * The schedule ends with its payment; while the outcome is unknown it stays executing. Where nothing reached the
 * gateway for a cause that passes (`mayTryAgain`, a boolean parameter) and the claim allows another attempt, it is
 * scheduled again instead.
 */
export function endSchedule(mayTryAgain: string): string {
  const isPutBack = `${mayTryAgain}::boolean and t.retry_unsent_ms is not null`
  const unlessPutBack = (value: string) => `case when ${isPutBack} then null else ${value} end`
  return `schedule as (
     update schedules t set
       state = case when ${isPutBack} then 'scheduled' else 'executed' end,
       due_at = case when ${isPutBack}
         then $3::timestamptz + t.retry_unsent_ms * interval '1 millisecond' else t.due_at end,
       unsent_attempts = t.unsent_attempts + case when ${isPutBack} then 1 else 0 end,
       imp_uid = ${unlessPutBack('t.imp_uid')}, executed_at = ${unlessPutBack('t.executed_at')},
       payment_status = ${unlessPutBack('s.state')}, fail_reason = ${unlessPutBack('s.fail_reason')},
       updated_at = $3
     from settled s
     where t.merchant_id = $1 and t.imp_uid = $2 and s.customer_uid_usage = 'payment.scheduled'
       and s.state <> 'unknown'
     returning t.state)`
}

/** The schedules of payments that were sent, whose end is the schedule's too; `endSchedule` without another attempt. */
export const endSchedules = `schedule as (
     update schedules t set
       state = 'executed', payment_status = s.state, fail_reason = s.fail_reason, updated_at = s.updated_at
     from settled s
     where t.merchant_id = $1 and t.imp_uid = s.imp_uid and s.customer_uid_usage = 'payment.scheduled'
       and s.state <> 'unknown'
     returning t.state)`

/**
 * The event, where anybody wants it: V1 tells of approvals and of both results of a schedule, not of ordinary
 * failures. A failure is told of when the merchant asked for failures, or when its caller was answered `ready`
 * before the outcome was known (`announced`, a boolean). Nobody is told of a card check, of money that was
 * found late and goes back, nor of an attempt
 * after which the schedule was put back: a merchant told of a failure might order the same charge anew.
 * `webhookId` is a uuid; both are parameters or columns of `settled s`. The statement holds `endSchedule` too.
 */
export function tellMerchant(webhookId: string, announced: string): string {
  return `event as (
     insert into webhooks (
       merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, url_override, state, due_at,
       created_at, updated_at)
     select s.merchant_id, ${webhookId}::uuid, s.sandbox, s.imp_uid, s.merchant_uid, s.state, s.notice_url,
       'pending', s.updated_at, s.updated_at, s.updated_at
     from settled s
     left join webhook_endpoints e on e.merchant_id = s.merchant_id and e.sandbox = s.sandbox
     where s.purpose = 'order' and s.give_back is null and (s.notice_url is not null or e.url is not null)
       and not exists (select from schedule where state = 'scheduled')
       and (s.state = 'paid' or (s.state = 'failed' and (
         s.customer_uid_usage = 'payment.scheduled' or coalesce(e.sends_failures, false)
         or ${announced}::boolean))))`
}

/** The payment as it is when the statement has its row; another may have settled it since its snapshot. */
export const beforeSettlement = `before as (
     select * from payments where merchant_id = $1 and imp_uid = $2 for update)`

/**
 * Money that was taken although the payment had failed shows among the discrepancies, whether it is kept or not; so
 * does a second approval. The statement holds `beforeSettlement`; its $4 is the state and $5 the gateway's
 * transaction. The ids are those of reconciliation/discrepancies.store.ts.
 */
export const raiseLateApproval = `late as (
     insert into discrepancies (
       merchant_id, discrepancy_id, kind, channel_key, imp_uid, order_number, transaction_id, amount, detail,
       raised_at)
     select b.merchant_id,
       md5(case when b.state = 'failed' then 'late_approval ' || b.imp_uid
         else 'charged_twice ' || b.imp_uid || ' ' || $5 || ' ' || b.amount end)::uuid,
       case when b.state = 'failed' then 'late_approval' else 'charged_twice' end,
       b.channel_key, b.imp_uid, b.imp_uid, $5, b.amount,
       case when b.state <> 'failed' then 'approved before as ' || b.pg_tid
         else 'had failed (' || coalesce(b.fail_reason, b.failure) || '); ' || case
           when exists (select from settled where give_back is null) then 'is paid now'
           when exists (select from settled) then 'goes back'
           else 'cannot be paid, its order is paid by another payment: give it back' end end,
       $3
     from before b
     where $4 = 'paid' and (b.state = 'failed' or (b.state in ('paid', 'cancelled') and b.pg_tid <> $5))
     on conflict do nothing)`
