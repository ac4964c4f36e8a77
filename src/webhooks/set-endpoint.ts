// Sets where a merchant's webhooks of one mode go. The address must be one that may be sent to: it is judged now
// as it will be at every delivery. Setting it also ends a pause, since whatever was wrong was the old address's.

import { findEndpoint, updateEndpoint } from './endpoints.store.ts'
import type { OutboundGuard } from './outbound-guard.ts'
import { actOf, type EndpointDependencies, prepareEndpoint } from './prepare-endpoint.ts'
import { releaseAll } from './resume-endpoint.ts'
import type { Endpoint, EndpointName, WebhookFormat } from './webhook.ts'

export interface WantedEndpoint {
  readonly url: string
  /** Who sets it, for the audit trail. */
  readonly actor: string
  /** Undefined: as it is; JSON for a new one. */
  readonly format?: WebhookFormat | undefined
  /** Also tell of ordinary failures, which V1 does not. Undefined: as it is; no for a new one. */
  readonly sendsFailures?: boolean | undefined
}

export type SetEndpointResult =
  | {
      readonly kind: 'set'
      readonly endpoint: Endpoint
      /** Events that had waited and are due now. */
      readonly released: number
    }
  | { readonly kind: 'refused'; readonly message: string }

export async function setEndpoint(
  deps: EndpointDependencies & { readonly guard: OutboundGuard },
  name: EndpointName,
  wanted: WantedEndpoint,
): Promise<SetEndpointResult> {
  const ruling = await deps.guard.check(wanted.url, name)
  if (ruling.kind === 'refused') return { kind: 'refused', message: ruling.message }
  const known = await prepareEndpoint(deps, name)
  const settings = {
    url: wanted.url,
    format: wanted.format ?? known.format,
    sendsFailures: wanted.sendsFailures ?? known.sendsFailures,
  }
  await updateEndpoint(deps.db, name, settings, actOf(deps, name, wanted.actor))
  const wasClosed = known.url !== wanted.url || known.pausedAtMs !== null
  const released = wasClosed ? await releaseAll(deps, name) : 0
  const endpoint = (await findEndpoint(deps.db, name)) ?? known
  return { kind: 'set', endpoint, released }
}
