// Who may sign in, and as what: added, changed and shut out by an owner or at the terminal. A merchant that has an owner
// keeps one.

import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import type { Database, Transaction } from '../db/database.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { hasTotp, type Operator, type OperatorName, readEmail } from './operator.ts'
import {
  clearTotp,
  findOperator,
  insertOperator,
  lockOwners,
  type OperatorChanges,
  operatorEmailTaken,
  setPassword,
  updateOperator,
} from './operators.store.ts'
import {
  faultOfPassword,
  type HashedPassword,
  hashPassword,
  newPassword,
  type PasswordCost,
  type PasswordFault,
} from './password.ts'
import type { OperatorRole } from './role.ts'
import { deleteSessionsOf } from './sessions.store.ts'
import { forgiveAccount } from './sign-in-tries.store.ts'

export interface OperatorDependencies {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
  /** Of new passwords. */
  readonly passwordCost: PasswordCost
}

export interface WantedOperator {
  readonly merchantId: MerchantId
  readonly email: string
  readonly name: string
  readonly role: OperatorRole
  /** Given: it stays. Absent: one is made, for one sign-in. */
  readonly password?: Secret | HashedPassword | undefined
}

export type AddOperatorResult =
  | { readonly kind: 'added'; readonly operator: Operator; readonly password: Secret }
  | { readonly kind: 'no_email' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'weak'; readonly fault: PasswordFault }

/** `actor`: who adds them, for the audit trail. */
export async function addOperator(
  { db, clock, ids, passwordCost }: OperatorDependencies,
  wanted: WantedOperator,
  actor: string,
): Promise<AddOperatorResult> {
  const email = readEmail(wanted.email)
  if (email === undefined) return { kind: 'no_email' }
  const name = wanted.name.trim() === '' ? email : wanted.name.trim()
  const given = wanted.password ?? newPassword()
  const password = given instanceof Secret ? given : given.password
  const weakness = wanted.password && faultOfPassword(password, [email, name])
  if (weakness !== undefined) return { kind: 'weak', fault: weakness }
  const { merchantId, role } = wanted
  const made = { merchantId, operatorId: ids.uuid(), email, name, role }
  const passwordHash =
    given instanceof Secret ? await hashPassword(given, passwordCost) : given.passwordHash
  const mustChangePassword = wanted.password === undefined
  try {
    const operator = await db.transaction(async (tx) => {
      await insertOperator(tx, { ...made, passwordHash, mustChangePassword }, clock.now())
      const added = await knownOperator(tx, made)
      const detail = { operatorId: made.operatorId, role, name }
      const done = { action: 'operator.added', subject: email, detail }
      await recordAct(tx, merchantId, done, newAct({ clock, ids }, actor))
      return added
    })
    return { kind: 'added', operator, password }
  } catch (error) {
    if (!isUniqueViolation(error, operatorEmailTaken)) throw error
    return { kind: 'taken' }
  }
}

export interface WantedOperatorChanges {
  readonly name?: string | undefined
  readonly role?: OperatorRole | undefined
  readonly isDisabled?: boolean | undefined
  /** A password is made for one sign-in. */
  readonly resetPassword?: boolean | undefined
  readonly resetTotp?: boolean | undefined
}

export type ChangeOperatorResult =
  | { readonly kind: 'changed'; readonly operator: Operator; readonly password: Secret | null }
  | { readonly kind: 'absent' }
  /** The merchant would be left without one. */
  | { readonly kind: 'last_owner' }

/** What is left out stays. All sessions of the operator end when more than the name changes. */
export async function changeOperator(
  deps: OperatorDependencies,
  name: OperatorName,
  wanted: WantedOperatorChanges,
  actor: string,
): Promise<ChangeOperatorResult> {
  const password = wanted.resetPassword === true ? newPassword() : null
  const passwordHash = password === null ? null : await hashPassword(password, deps.passwordCost)
  return deps.db.transaction(async (tx) => {
    const owners = await lockOwners(tx, name.merchantId)
    const known = await findOperator(tx, name)
    if (known === undefined) return { kind: 'absent' }
    const stays = staysOwner(known, wanted)
    if (!stays && owners.every((owner) => owner === name.operatorId)) {
      return { kind: 'last_owner' }
    }
    await carryOut(deps, tx, known, { ...wanted, passwordHash })
    const detail = detailOf(known, wanted)
    if (Object.keys(detail).length > 0) {
      const done = { action: 'operator.changed', subject: known.email, detail }
      await recordAct(tx, name.merchantId, done, newAct(deps, actor))
    }
    return { kind: 'changed', operator: await knownOperator(tx, name), password }
  })
}

/** Their own name and language; nothing an auditor would ask about. */
export async function changeOwnProfile(
  { db, clock }: Pick<OperatorDependencies, 'db' | 'clock'>,
  name: OperatorName,
  changes: Pick<OperatorChanges, 'name' | 'language'>,
): Promise<void> {
  await updateOperator(db, name, changes, clock.now())
}

/** True too for who is none. */
function staysOwner(
  { role, disabledAtMs }: Operator,
  { role: next = role, isDisabled }: WantedOperatorChanges,
): boolean {
  if (role !== 'owner' || disabledAtMs !== null) return true
  return next === 'owner' && isDisabled !== true
}

async function carryOut(
  { clock }: OperatorDependencies,
  tx: Transaction,
  known: Operator,
  wanted: WantedOperatorChanges & { readonly passwordHash: string | null },
): Promise<void> {
  const nowMs = clock.now()
  const disabledAtMs =
    wanted.isDisabled === undefined
      ? undefined
      : wanted.isDisabled
        ? (known.disabledAtMs ?? nowMs)
        : null
  await updateOperator(tx, known, { name: wanted.name, role: wanted.role, disabledAtMs }, nowMs)
  if (wanted.passwordHash !== null) {
    await setPassword(tx, known, { hash: wanted.passwordHash, mustChange: true }, nowMs)
    await forgiveAccount(tx, known.email)
  }
  if (wanted.resetTotp === true) await clearTotp(tx, known, nowMs)
  const { name: _, ...others } = wanted
  const isWeighty =
    others.role !== undefined || others.isDisabled === true || others.passwordHash !== null
  if (isWeighty || others.resetTotp === true) await deleteSessionsOf(tx, known)
}

/** What an auditor will ask: only what changed. */
function detailOf(known: Operator, wanted: WantedOperatorChanges): Record<string, unknown> {
  const isDisabled = known.disabledAtMs !== null
  return {
    ...(wanted.name !== undefined && wanted.name !== known.name && { name: wanted.name }),
    ...(wanted.role !== undefined &&
      wanted.role !== known.role && { role: wanted.role, roleBefore: known.role }),
    ...(wanted.isDisabled !== undefined &&
      wanted.isDisabled !== isDisabled && { isDisabled: wanted.isDisabled }),
    ...(wanted.resetPassword === true && { password: 'reset' }),
    ...(wanted.resetTotp === true && hasTotp(known) && { totp: 'reset' }),
  }
}

async function knownOperator(tx: Transaction, name: OperatorName): Promise<Operator> {
  const operator = await findOperator(tx, name)
  if (operator === undefined) throw new Error('an operator vanished while it was changed')
  return operator
}
