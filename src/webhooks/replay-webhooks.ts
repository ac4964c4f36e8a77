// Sends events again on request: one of them whatever became of it, or those that have ended, by filter. They keep
// their webhook-id, so a receiver can tell that it has seen them.

import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import type { Queryable } from '../db/database.ts'
import type { Place } from '../db/walk-rows.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { findEndpoint } from './endpoints.store.ts'
import { findWebhook, type WebhookFilter } from './webhook-queries.store.ts'
import { replayMany, searchWebhooks } from './webhook-search.store.ts'
import { replayOne } from './webhooks.store.ts'

interface ReplayDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
}

export type ReplayResult =
  | { readonly kind: 'due' }
  | { readonly kind: 'absent' }
  /** It would only be held again. */
  | { readonly kind: 'endpoint_paused' }
  | { readonly kind: 'being_sent' }

export interface Replay {
  readonly merchantId: MerchantId
  readonly webhookId: string
  /** Who wants it, for the audit trail. */
  readonly actor: string
}

/** Makes one event due now. */
export async function replayWebhook(
  deps: ReplayDependencies,
  { merchantId, webhookId, actor }: Replay,
): Promise<ReplayResult> {
  const { db, clock } = deps
  const webhook = await findWebhook(db, merchantId, webhookId)
  if (webhook === undefined) return { kind: 'absent' }
  const endpoint = await findEndpoint(db, webhook)
  const isPaused = endpoint !== undefined && endpoint.pausedAtMs !== null
  if (webhook.urlOverride === null && isPaused) return { kind: 'endpoint_paused' }
  const times = { nowMs: clock.now(merchantId), machineMs: clock.now() }
  if (!(await replayOne(db, merchantId, webhookId, times))) return { kind: 'being_sent' }
  const done = { action: 'webhook.replayed', subject: webhookId, detail: {} }
  await recordAct(db, merchantId, done, newAct(deps, actor))
  return { kind: 'due' }
}

const biteSize = 500

export interface ReplayPlan {
  readonly merchantId: MerchantId
  readonly actor: string
  readonly filter: WebhookFilter
}

export interface Bite {
  readonly done: number
  /** After which event the next bite begins; null: nothing is left. */
  readonly next: Place | null
}

/**
 * Makes some of the delivered or given-up events that match due, oldest first, from after a place on. `begunMs`: what
 * happens later is not meant, or what is delivered meanwhile would be sent for ever.
 */
export async function replayBite(
  deps: ReplayDependencies,
  { merchantId, actor, filter }: ReplayPlan,
  { after, begunMs }: { readonly after: Place | undefined; readonly begunMs: number },
): Promise<Bite> {
  const { db, clock } = deps
  const bounded = boundedBy(filter, begunMs)
  const search = { order: 'oldest', after, limit: biteSize, isEndedOnly: true } as const
  const { rows, next } = await searchWebhooks(db, merchantId, bounded, search)
  if (rows.length === 0) return { done: 0, next }
  // Before they are due, so that whatever is sent again has its event.
  const detail = { ...bounded, first: rows[0]?.webhookId, count: rows.length }
  const begun = { action: 'webhook.replay_begun', subject: 'many', detail }
  await recordAct(db, merchantId, begun, newAct(deps, actor))
  const ids = rows.map(({ webhookId }) => webhookId)
  return { done: await replayMany(db, merchantId, ids, clock.now(merchantId)), next }
}

function boundedBy(filter: WebhookFilter, begunMs: number): WebhookFilter {
  return { ...filter, untilMs: Math.min(filter.untilMs ?? begunMs + 1, begunMs + 1) }
}

/** All of them. `onProgress` is told after each bite; `signal` stops between two, and what was made due stays due. */
export async function replayWebhooks(
  deps: ReplayDependencies,
  plan: ReplayPlan & {
    readonly onProgress?: (done: number) => void
    readonly signal?: AbortSignal
  },
): Promise<number> {
  const begunMs = deps.clock.now(plan.merchantId)
  let done = 0
  let after: Place | undefined
  do {
    if (plan.signal?.aborted === true) break
    const bite = await replayBite(deps, plan, { after, begunMs })
    done += bite.done
    if (bite.done > 0) plan.onProgress?.(done)
    after = bite.next ?? undefined
  } while (after !== undefined)
  return done
}
