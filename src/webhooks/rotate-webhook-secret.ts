// Replaces a signing secret without a gap: the new one and the old one both sign until the old one is dropped, so
// that the receiver can change over in between.

import { dropOldSecret, rotateSecret } from './endpoints.store.ts'
import {
  actOf,
  type EndpointDependencies,
  openSecrets,
  prepareEndpoint,
  sealNewSecret,
} from './prepare-endpoint.ts'
import type { Secret } from '../primitives/secret.ts'
import type { EndpointName } from './webhook.ts'

export type RotateSecretResult =
  | { readonly kind: 'rotated'; readonly secret: Secret }
  /** There is an older secret still; two sign at most. */
  | { readonly kind: 'old_secret_live' }

export async function rotateWebhookSecret(
  deps: EndpointDependencies,
  name: EndpointName,
  actor: string,
): Promise<RotateSecretResult> {
  await prepareEndpoint(deps, name)
  const sealed = await sealNewSecret(deps, name)
  const isRotated = await rotateSecret(deps.db, name, sealed, actOf(deps, name, actor))
  if (!isRotated) return { kind: 'old_secret_live' }
  const [secret] = await readWebhookSecrets(deps, name)
  return { kind: 'rotated', secret: secret as Secret }
}

/** False when there was none to drop. */
export async function dropOldWebhookSecret(
  deps: EndpointDependencies,
  name: EndpointName,
  actor: string,
): Promise<boolean> {
  return dropOldSecret(deps.db, name, actOf(deps, name, actor))
}

/** What the receiver verifies with, newest first; made when there is none yet. */
export async function readWebhookSecrets(
  deps: EndpointDependencies,
  name: EndpointName,
): Promise<readonly Secret[]> {
  return openSecrets(deps.vault, await prepareEndpoint(deps, name))
}
