// What is remembered of a key that another one replaced. The gateway has no call that ends an AUTOKEY: the old one can
// still be charged there by whoever holds it, so the merchant must be able to find out which card that was.

import { auditEvent } from '../audit/audit-event.ts'

/** Part of an upsert's `do update set`: the row as it was. */
export const replacedColumns = `
     replaced_card_number_masked = billing_keys.card_number_masked,
     replaced_channel_key = billing_keys.channel_key`

/** Of a row of billing_keys as it was just stored, for an auditor. A fresh insert has replaced nothing. */
export const keptKeyDetail = `case when replaced_channel_key is null
         then jsonb_build_object('card', card_number_masked, 'channelKey', channel_key)
         else jsonb_build_object('card', replaced_card_number_masked, 'channelKey', replaced_channel_key,
           'newCard', card_number_masked, 'newChannelKey', channel_key, 'keyAliveAtGateway', true) end`

/**
 * The audit event, in the upsert's own statement, whose CTE `kept` holds the key as stored. The arguments are
 * parameters: a uuid, a text, an instant.
 */
export function auditKeptKey(eventId: string, actor: string, at: string): string {
  return auditEvent({
    from: 'kept',
    eventId,
    actor,
    action: `case when replaced_channel_key is null then 'billing_key.registered' else 'billing_key.replaced' end`,
    subject: 'customer_uid',
    detail: keptKeyDetail,
    at,
  })
}
