// The sandbox's first login to the console: made on the first start, the same on the next, until somebody chooses another
// password there.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Parts } from '../compose/parts.ts'
import { addOperator } from '../operators/manage-operators.ts'
import { listOperators } from '../operators/operators.store.ts'
import { newPassword } from '../operators/password.ts'
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

/** Finds or makes the owner whose login is printed. */
export async function prepareSandboxOperator(
  parts: Parts,
  dataDir: string,
  merchantId: MerchantId,
): Promise<SandboxLogin> {
  const file = join(dataDir, 'sandbox-console.json')
  const kept = await readKeptLogin(file)
  const operators = await listOperators(parts.db, merchantId)
  const known = operators.find((operator) => operator.email === email)
  if (known !== undefined) {
    const isKept = kept !== undefined && isSameSecret(kept.passwordHash, known.passwordHash)
    return { email, password: isKept ? new Secret(kept.password) : null }
  }
  const password = kept === undefined ? newPassword() : new Secret(kept.password)
  const wanted = { merchantId, email, name: 'Sandbox owner', role: 'owner', password } as const
  const added = await addOperator(parts, wanted, 'sandbox')
  if (added.kind !== 'added') throw new Error(`the sandbox's owner is not taken: ${added.kind}`)
  const { passwordHash } = added.operator
  const text = JSON.stringify({ password: password.reveal(), passwordHash })
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  return { email, password }
}

async function readKeptLogin(file: string): Promise<KeptLogin | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeptLogin
  } catch {
    // Absent on the first start; an unreadable one is replaced, since a sandbox login is worth nothing.
    return undefined
  }
}
