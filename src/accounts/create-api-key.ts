// Makes an API key. The secret is handed out once and stored as a hash.

import { newAct } from '../audit/audit-event.ts'
import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { upsertApiKey } from './accounts.store.ts'
import { hashSecret } from './issue-access-token.ts'

export interface NewApiKey {
  readonly impKey: string
  readonly impSecret: Secret
}

/** V1's keys have 16 digits, its secrets 80 hex characters. Either may be fixed by the caller. */
export async function createApiKey(
  deps: { readonly db: Queryable; readonly clock: Clock; readonly ids: IdSource },
  merchantId: MerchantId,
  fixed: {
    /** Who makes it, for the audit trail. */
    readonly actor: string
    readonly impKey?: string | undefined
    readonly impSecret?: Secret | undefined
  },
): Promise<NewApiKey> {
  const impKey = fixed.impKey ?? deps.ids.digits(16)
  const impSecret = fixed.impSecret ?? new Secret(deps.ids.hex(80))
  const secretHash = hashSecret(impSecret.reveal())
  const act = newAct(deps, fixed.actor)
  const isOurs = await upsertApiKey(deps.db, { impKey, merchantId, secretHash }, act)
  if (!isOurs) {
    throw new StartupError('imp_key_taken', `imp_key ${impKey} belongs to another merchant`)
  }
  return { impKey, impSecret }
}
