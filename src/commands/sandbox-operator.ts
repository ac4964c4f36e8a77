// The sandbox's first login to the console: made on the first start, the same on the next, until somebody chooses another
// password there.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Parts } from '../compose/parts.ts'
import { addOperator } from '../operators/manage-operators.ts'
import { listOperators } from '../operators/operators.store.ts'
import {
  type HashedPassword,
  hashPassword,
  newPassword,
  passwordCost,
} from '../operators/password.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { isSameSecret } from '../primitives/same-secret.ts'
import { Secret } from '../primitives/secret.ts'

export interface SandboxLogin {
  readonly email: string
  /** Null: somebody has chosen another one. */
  readonly password: Secret | null
}

const email = 'owner@sandbox.example'

interface KeptLogin {
  readonly password: string
  /** What is stored of it: tells without work whether it is still the one. */
  readonly passwordHash: string
}

/**
 * The login that the data directory keeps, or a new one. Needs no database: making what is stored of a password takes a
 * fifth of a second, which a first start spends waiting for PostgreSQL.
 */
export async function drawSandboxLogin(dataDir: string): Promise<HashedPassword> {
  const kept = await readKeptLogin(dataDir)
  if (kept !== undefined) return { ...kept, password: new Secret(kept.password) }
  const password = newPassword()
  return { password, passwordHash: await hashPassword(password, passwordCost) }
}

/** Finds or makes the owner whose login is printed. */
export async function prepareSandboxOperator(
  parts: Parts,
  merchantId: MerchantId,
  { dataDir, drawn }: { readonly dataDir: string; readonly drawn: HashedPassword },
): Promise<SandboxLogin> {
  const { password, passwordHash } = drawn
  const operators = await listOperators(parts.db, merchantId)
  const known = operators.find((operator) => operator.email === email)
  if (known !== undefined) {
    const isOurs = isSameSecret(passwordHash, known.passwordHash)
    return { email, password: isOurs ? password : null }
  }
  const wanted = { merchantId, email, name: 'Sandbox owner', role: 'owner' } as const
  const added = await addOperator(parts, { ...wanted, password: drawn }, 'sandbox')
  if (added.kind !== 'added') throw new Error(`the sandbox's owner is not taken: ${added.kind}`)
  const text = JSON.stringify({ password: password.reveal(), passwordHash })
  await writeFile(fileIn(dataDir), `${text}\n`, { mode: 0o600 })
  return { email, password }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'sandbox-console.json')
}

async function readKeptLogin(dataDir: string): Promise<KeptLogin | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as KeptLogin
  } catch {
    // Absent on the first start; an unreadable one is replaced, since a sandbox login is worth nothing.
    return undefined
  }
}
