// What is remembered of a key that another one replaced. The gateway has no call that ends an AUTOKEY: the old one can
// still be charged there by whoever holds it, so the merchant must be able to find out which card that was.

/** Part of an upsert's `do update set`: the row as it was. */
export const replacedColumns = `
     replaced_card_number_masked = billing_keys.card_number_masked,
     replaced_channel_key = billing_keys.channel_key`

/**
 * The audit row, in the upsert's own statement, whose CTE `kept` holds the key as stored. A fresh insert has
 * replaced nothing. The arguments are parameters: a uuid, a text, an instant.
 */
export function auditReplacement(eventId: string, actor: string, at: string): string {
  return `replacement as (
     insert into audit_events (merchant_id, event_id, actor, action, subject, detail, recorded_at)
     select k.merchant_id, ${eventId}::uuid, ${actor}::text, 'billing_key.replaced', k.customer_uid,
       jsonb_build_object('card', k.replaced_card_number_masked, 'channelKey', k.replaced_channel_key,
         'newCard', k.card_number_masked, 'newChannelKey', k.channel_key, 'keyAliveAtGateway', true),
       ${at}::timestamptz
     from kept k where k.replaced_channel_key is not null)`
}
