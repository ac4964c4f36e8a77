// Recovery codes stand in for a lost second factor, once each. They are 80 random bits, so one round of SHA-256 is enough
// to keep them.

import { createHash, randomBytes } from 'node:crypto'

import { groupsOf, readable } from './password.ts'

export const recoveryCodeCount = 10

/** Fresh ones, as they are shown, once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodeCount }, () => groupsOf(readable(randomBytes(16))))
}

/** What is stored; however the code was typed. */
export function recoveryCodeHash(code: string): Buffer {
  const letters = code.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return createHash('sha256').update(`recovery code\n${letters}`).digest()
}
