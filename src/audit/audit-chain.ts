// How events hang together, in TypeScript: what `auditEvent` computes in SQL is computed here again, from what was read.
// Whoever changes a row must change its hash, then that of every event after it, and cannot sign the last one again.

import { createHash } from 'node:crypto'

import type { MerchantId } from '../primitives/ids.ts'

/** An event as it stands in the table. */
export interface AuditEvent {
  readonly merchantId: MerchantId
  /** From 1 on, without a gap. */
  readonly sequence: number
  readonly eventId: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  /** JSON, spelled as PostgreSQL spells jsonb; it is hashed as it is. */
  readonly detail: string
  readonly recordedAtMs: number
  readonly hash: Buffer
}

/** What comes before the first event. */
export const genesis = Buffer.alloc(32)

/** What is hashed of an event besides its place in the chain. The first names the form. */
export function canonicalParts(event: Omit<AuditEvent, 'sequence' | 'hash'>): string[] {
  return [
    'billkey audit 1',
    String(event.merchantId),
    event.eventId,
    event.actor,
    event.action,
    event.subject,
    event.detail,
    String(event.recordedAtMs),
  ]
}

/** Each part is preceded by its length, so that no two lists give the same bytes. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/** The hash an event must carry when `previous` is that of the event before. */
export function linkHash(previous: Buffer, event: Omit<AuditEvent, 'hash'>): Buffer {
  const content = createHash('sha256')
    .update(lengthPrefixed(canonicalParts(event)))
    .digest()
  const number = Buffer.alloc(8)
  number.writeBigInt64BE(BigInt(event.sequence))
  return createHash('sha256').update(previous).update(number).update(content).digest()
}
