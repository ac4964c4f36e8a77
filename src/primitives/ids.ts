// Identifiers are made by an IdSource that is handed in, so that a seed reproduces a run.

import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'

/** A merchant's number. Every table's key starts with it. */
export type MerchantId = number & { readonly __brand: 'MerchantId' }

export function merchantId(value: number): MerchantId {
  return value as MerchantId
}

export interface IdSource {
  /** `imps_` and 12 digits: V1's form for every payment made through the REST API. */
  impUid(): string
  /** `length` characters of [0-9a-f]. */
  hex(length: number): string
  /** `length` decimal digits. */
  digits(length: number): string
  /** A UUIDv7: rows made one after another lie one after another. */
  uuid(): string
}

export const randomIds: IdSource = {
  impUid: () => `imps_${digits(12)}`,
  hex: (length) =>
    randomBytes(Math.ceil(length / 2))
      .toString('hex')
      .slice(0, length),
  digits,
  uuid: () => randomUUIDv7(),
}

// Two halves, since randomInt is bounded by 2^48.
function digits(length: number): string {
  let text = ''
  while (text.length < length) {
    const chunk = Math.min(12, length - text.length)
    text += String(randomInt(0, 10 ** chunk)).padStart(chunk, '0')
  }
  return text
}
