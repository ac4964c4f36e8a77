// Ends the pause of an endpoint: everything that waited for it is due now and starts its schedule again.

import { resume } from './endpoints.store.ts'
import { actOf, type EndpointDependencies } from './prepare-endpoint.ts'
import type { EndpointName } from './webhook.ts'
import { releaseWaiting } from './webhooks.store.ts'

const batch = 500

export type ResumeResult =
  | { readonly kind: 'resumed'; readonly released: number }
  | { readonly kind: 'not_paused' }

/** `onProgress` is told after each batch how many events are due again. */
export async function resumeEndpoint(
  deps: EndpointDependencies,
  name: EndpointName,
  {
    actor,
    onProgress,
  }: { readonly actor: string; readonly onProgress?: (released: number) => void },
): Promise<ResumeResult> {
  // The pause first: an event that is held afterwards would wait for ever.
  if (!(await resume(deps.db, name, actOf(deps, name, actor)))) return { kind: 'not_paused' }
  return { kind: 'resumed', released: await releaseAll(deps, name, onProgress) }
}

/** Makes due what waits for the endpoint, held or between two tries. Gives how many. */
export async function releaseAll(
  { db, clock }: Pick<EndpointDependencies, 'db' | 'clock'>,
  name: EndpointName,
  onProgress?: (released: number) => void,
): Promise<number> {
  const nowMs = clock.now(name.merchantId)
  let released = 0
  for (;;) {
    const count = await releaseWaiting(db, name, nowMs, batch)
    if (count === 0) return released
    released += count
    onProgress?.(released)
  }
}
