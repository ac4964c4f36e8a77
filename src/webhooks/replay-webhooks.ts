// Sends events again on request: one of them whatever became of it, or those that have ended, by filter. They keep
// their webhook-id, so a receiver can tell that it has seen them.

import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { findEndpoint } from './endpoints.store.ts'
import { findWebhook, replayBatch, type WebhookFilter } from './webhook-queries.store.ts'
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

const batchSize = 500

export interface ReplayPlan {
  readonly merchantId: MerchantId
  readonly actor: string
  readonly filter: WebhookFilter
  /** Told after each batch. */
  readonly onProgress?: (done: number) => void
  /** Stops between two batches; what was made due stays due. */
  readonly signal?: AbortSignal
}

/** Makes every delivered or given-up event that matches due now, oldest first. Gives how many. */
export async function replayWebhooks(
  deps: ReplayDependencies,
  { merchantId, actor, filter, onProgress, signal }: ReplayPlan,
): Promise<number> {
  const { db, clock } = deps
  const nowMs = clock.now(merchantId)
  // What is delivered while this runs ends after it began; what happens later is not meant.
  const bounded = { ...filter, untilMs: Math.min(filter.untilMs ?? nowMs + 1, nowMs + 1) }
  // Before the first of many commits, so that whatever is sent again has its event.
  const begun = { action: 'webhook.replay_begun', subject: 'many', detail: bounded }
  await recordAct(db, merchantId, begun, newAct(deps, actor))
  let done = 0
  let after: string | null = null
  for (;;) {
    if (signal?.aborted === true) break
    const ids: string[] = await replayBatch(db, merchantId, bounded, {
      after,
      limit: batchSize,
      nowMs,
    })
    const last = ids.at(-1)
    if (last === undefined) break
    after = last
    done += ids.length
    onProgress?.(done)
  }
  return done
}
