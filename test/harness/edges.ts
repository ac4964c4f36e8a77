// The steps at which a node is killed, by role. Each is a place where a lesser design loses money or an event.

import type { Choice } from '../compat/fuzz/random-choice.ts'

export type NodeRole = 'api' | 'worker'

/** How often a node passes it: `rare` ones are met at an early passage, or no life would be long enough. */
type Edges = Readonly<Record<string, 'often' | 'rare'>>

const api: Edges = {
  'before insert_intent': 'often',
  'after insert_intent': 'often',
  'sent ready': 'often',
  'answered ready': 'often',
  'sending execute': 'often',
  'sent execute': 'often',
  'answered execute': 'often',
  'before settle_payment': 'often',
  'after settle_payment': 'often',
  'after record_key_issued_for_payment': 'rare',
  'before reserve_cancel': 'rare',
  'after reserve_cancel': 'rare',
  'before settle_cancel': 'rare',
  'after settle_cancel': 'rare',
  'before settle_payment_by_evidence': 'rare',
  'after settle_payment_by_evidence': 'rare',
  'after keep_gateway_fact': 'rare',
  'after find_books_of_order': 'often',
}

const worker: Edges = {
  'before insert_scheduled_intent': 'rare',
  'after insert_scheduled_intent': 'rare',
  'after take_up_webhooks': 'often',
  'sent webhook': 'often',
  'answered webhook': 'often',
  'before record_webhook_delivered': 'often',
  'after record_webhook_delivered': 'often',
  'after claim_report': 'rare',
  'sent report': 'rare',
  'answered report': 'rare',
  'before record_report': 'rare',
  'after expire_sending': 'rare',
  'sent execute': 'rare',
  'answered execute': 'rare',
  'after settle_payment': 'rare',
}

export const edgesOf: Readonly<Record<NodeRole, readonly string[]>> = {
  api: Object.keys(api),
  worker: Object.keys(worker),
}

/** `edge#n`: where a node of this role dies next. Every edge has its turn before one comes again. */
export type NextCrash = (role: NodeRole) => string

/** Some are passed once in many seconds. */
const rareLatest = 4

/** `passagesMax`: the latest passage of an edge that is passed often. */
export function createCrashPlan(choice: Choice, passagesMax: number): NextCrash {
  const edges = { api, worker }
  const left: Record<NodeRole, string[]> = { api: [], worker: [] }
  return (role) => {
    if (left[role].length === 0) left[role] = [...edgesOf[role]]
    const [edge = ''] = left[role].splice(choice.below(left[role].length), 1)
    const rareMax = Math.min(rareLatest, Math.ceil(passagesMax / 20))
    const latest = edges[role][edge] === 'rare' ? rareMax : passagesMax
    return `${edge}#${1 + choice.below(latest)}`
  }
}
