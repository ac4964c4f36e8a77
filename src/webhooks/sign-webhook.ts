// Standard Webhooks signatures (specification v1, symmetric): HMAC-SHA256 over `id.timestamp.body`. While a
// secret is being replaced both live secrets sign, so that a receiver may hold either.

import { createHmac, createSecretKey } from 'node:crypto'

import type { IdSource } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'

const prefix = 'whsec_'
// The specification asks for 24 to 64 random bytes.
const secretBytes = 32

export function newWebhookSecret(ids: Pick<IdSource, 'hex'>): Secret {
  return new Secret(prefix + Buffer.from(ids.hex(secretBytes * 2), 'hex').toString('base64'))
}

export interface Signable {
  /** The same for every attempt: receivers use it to tell a repetition. */
  readonly webhookId: string
  /** Of this attempt. */
  readonly atMs: number
  readonly body: string
}

/** The three headers. `secrets` newest first. */
export function signatureHeaders(
  { webhookId, atMs, body }: Signable,
  secrets: readonly Secret[],
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000))
  const content = `${webhookId}.${timestamp}.${body}`
  const signatures = secrets.map((secret) => {
    // Not as bytes, over which Node 24 takes five times as long (vault/envelope.ts).
    const key = createSecretKey(Buffer.from(secret.reveal().slice(prefix.length), 'base64'))
    return `v1,${createHmac('sha256', key).update(content, 'utf8').digest('base64')}`
  })
  return {
    'webhook-id': webhookId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
