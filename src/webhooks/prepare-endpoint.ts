// Every merchant and mode that sends anything has a secret, made when it is first needed: a merchant that only
// ever names a notice_url per payment gets signed webhooks too.

import type { Act } from '../audit/audit-event.ts'
import type { Queryable } from '../db/database.ts'
import { assert } from '../primitives/assert.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Vault } from '../vault/vault.ts'
import { findEndpoint, insertEndpoint } from './endpoints.store.ts'
import { newWebhookSecret } from './sign-webhook.ts'
import { type Endpoint, type EndpointName, webhookSecretPurpose } from './webhook.ts'

export interface EndpointDependencies {
  readonly db: Queryable
  readonly vault: Vault
  readonly clock: Clock
  readonly ids: IdSource
}

/** The endpoint's row, made with a fresh secret and no address when there is none. */
export async function prepareEndpoint(
  deps: EndpointDependencies,
  name: EndpointName,
): Promise<Endpoint> {
  const known = await findEndpoint(deps.db, name)
  if (known !== undefined) return known
  await insertEndpoint(
    deps.db,
    name,
    await sealNewSecret(deps, name),
    deps.clock.now(name.merchantId),
  )
  // Read back, because another process may have been first.
  const made = await findEndpoint(deps.db, name)
  assert(made !== undefined, 'a webhook endpoint vanished after it was made')
  return made
}

/** Who changes an endpoint: `cli:<user>`, or whoever it is in the console. */
export function actOf(
  { clock, ids }: Pick<EndpointDependencies, 'clock' | 'ids'>,
  { merchantId }: EndpointName,
  actor: string,
): Act {
  return { eventId: ids.uuid(), actor, atMs: clock.now(merchantId) }
}

export async function sealNewSecret(
  { vault, ids }: Pick<EndpointDependencies, 'vault' | 'ids'>,
  { merchantId, sandbox }: EndpointName,
): Promise<Buffer> {
  const mode = sandbox ? 'sandbox' : 'live'
  return vault.seal(merchantId, webhookSecretPurpose, mode, newWebhookSecret(ids))
}

/** The secrets that sign, newest first. */
export async function openSecrets(vault: Vault, endpoint: Endpoint): Promise<readonly Secret[]> {
  const { merchantId, mode, secretSealed, secretPreviousSealed } = endpoint
  const sealed =
    secretPreviousSealed === null ? [secretSealed] : [secretSealed, secretPreviousSealed]
  return Promise.all(
    sealed.map((value) => vault.open(merchantId, webhookSecretPurpose, mode, value)),
  )
}
