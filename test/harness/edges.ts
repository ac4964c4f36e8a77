// The steps at which a node is killed, by role. Each is a place where a lesser design loses money or an event.

import type { Choice } from '../compat/fuzz/random-choice.ts'

export type NodeRole = 'api' | 'worker'

const api = [
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
  'before settle_payment_by_evidence',
  'after settle_payment_by_evidence',
  'after keep_gateway_fact',
  'after find_books_of_order',
] as const

const worker = [
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

export const edgesOf: Readonly<Record<NodeRole, readonly string[]>> = { api, worker }

/** `edge#n@ms`: where a node of this role dies next. Every edge has its turn before one comes again. */
export type NextCrash = (role: NodeRole) => string

/** Some are passed once in many seconds. */
const latestPassage = 3

/** `lifeMs`: how long a node lives on average before it dies at the first passages of its edge. */
export function createCrashPlan(choice: Choice, lifeMs: number): NextCrash {
  const left: Record<NodeRole, string[]> = { api: [], worker: [] }
  return (role) => {
    if (left[role].length === 0) left[role] = [...edgesOf[role]]
    const [edge = ''] = left[role].splice(choice.below(left[role].length), 1)
    return `${edge}#${1 + choice.below(latestPassage)}@${choice.below(2 * lifeMs)}`
  }
}
