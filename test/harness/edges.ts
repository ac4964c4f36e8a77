// The steps at which a node is killed, by role. Each is a place where a lesser design loses money or an event.

const charge = [
  'before insert_intent',
  'after insert_intent',
  'sent ready',
  'answered ready',
  'sending execute',
  'sent execute',
  'answered execute',
  'before settle_payment',
  'after settle_payment',
  'after record_key_issued_for_payment',
  'before reserve_cancel',
  'after reserve_cancel',
  'before settle_cancel',
  'after settle_cancel',
] as const

const evidence = [
  'before settle_payment_by_evidence',
  'after settle_payment_by_evidence',
  'after keep_gateway_fact',
  'after find_books_of_order',
] as const

const work = [
  'before insert_scheduled_intent',
  'after insert_scheduled_intent',
  'after take_up_webhooks',
  'sent webhook',
  'answered webhook',
  'before record_webhook_delivered',
  'after record_webhook_delivered',
  'after claim_report',
  'sent report',
  'answered report',
  'before record_report',
  'after expire_sending',
  'sent execute',
  'answered execute',
  'after settle_payment',
] as const

export const edgesOf = { api: [...charge, ...evidence], worker: [...work] } as const

export type NodeRole = keyof typeof edgesOf
