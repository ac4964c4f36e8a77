// What an operator does to their own account: password, second factor, sessions. Whatever makes the account safer or
// weaker asks for a proof again, ends all other sessions and gives this one a new token.

import { randomBytes } from 'node:crypto'

import { recordAct } from '../audit/audit-events.store.ts'
import type { Transaction } from '../db/database.ts'
import { Secret } from '../primitives/secret.ts'
import { hasTotp, type Operator, type OperatorName, totpSecretPurpose } from './operator.ts'
import {
  beginTotp,
  clearTotp,
  confirmTotp,
  findOperator,
  replaceRecoveryCodes,
  setPassword,
} from './operators.store.ts'
import { faultOfPassword, hashPassword, type PasswordFault, provePassword } from './password.ts'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-code.ts'
import { deleteSessionsOf } from './sessions.store.ts'
import { actBy, secondProofOf, type SignInDependencies } from './sign-in.ts'
import { giveBackTry, takeTry } from './sign-in-tries.store.ts'
import { type Browser, startSession } from './start-session.ts'
import { matchTotp, otpauthUri, toBase32, totpSecretBytes } from './totp.ts'

/** Why a proof was not taken. */
export type ProofFault =
  | { readonly kind: 'wrong_password' }
  | { readonly kind: 'wrong_code' }
  | { readonly kind: 'blocked'; readonly waitMs: number }

interface Renewed {
  /** Of the one session that is left. */
  readonly token: string
}

export type ChangePasswordResult =
  | ({ readonly kind: 'changed' } & Renewed)
  | { readonly kind: 'weak'; readonly fault: PasswordFault }
  | { readonly kind: 'same' }
  | ProofFault

export async function changePassword(
  deps: SignInDependencies,
  name: OperatorName,
  { current, next }: { readonly current: Secret; readonly next: Secret },
  browser: Browser,
): Promise<ChangePasswordResult> {
  const operator = await knownOperator(deps, name)
  const fault = await faultOfProof(deps, operator, current)
  if (fault !== undefined) return fault
  const weakness = faultOfPassword(next, [operator.email, operator.name])
  if (weakness !== undefined) return { kind: 'weak', fault: weakness }
  if ((await provePassword(next, operator.passwordHash, deps.passwordCost)).isRight)
    return { kind: 'same' }
  const hash = await hashPassword(next, deps.passwordCost)
  return deps.db.transaction(async (tx) => {
    const set = { hash, mustChange: false }
    const isSet = await setPassword(tx, operator, set, deps.clock.now())
    if (!isSet) return { kind: 'wrong_password' }
    const token = await renewSessions(deps, tx, operator, browser)
    await record(deps, tx, operator, 'operator.password_changed')
    return { kind: 'changed', token }
  })
}

/** Ends every session and begins one for this browser. */
async function renewSessions(
  deps: SignInDependencies,
  tx: Transaction,
  operator: Operator,
  browser: Browser,
): Promise<string> {
  await deleteSessionsOf(tx, operator)
  return (await startSession({ ...deps, db: tx }, operator, browser, false)).token
}

export type BeginTotpResult =
  | { readonly kind: 'begun'; readonly secret: Secret; readonly otpauthUri: Secret }
  | { readonly kind: 'already_on' }
  | ProofFault

/** Makes a secret for an app; it counts only after a first code of it was sent. */
export async function beginTotpSetUp(
  deps: SignInDependencies,
  name: OperatorName,
  password: Secret,
  merchantName: string,
): Promise<BeginTotpResult> {
  const operator = await knownOperator(deps, name)
  const fault = await faultOfProof(deps, operator, password)
  if (fault !== undefined) return fault
  const { merchantId, operatorId, email } = operator
  const secret = randomBytes(totpSecretBytes)
  const kept = new Secret(secret.toString('hex'))
  const sealed = await deps.vault.seal(merchantId, totpSecretPurpose, operatorId, kept)
  const isBegun = await beginTotp(deps.db, operator, sealed, deps.clock.now())
  if (!isBegun) return { kind: 'already_on' }
  return {
    kind: 'begun',
    secret: new Secret(toBase32(secret)),
    otpauthUri: otpauthUri(secret, { email, merchantName }),
  }
}

export type ConfirmTotpResult =
  | ({ readonly kind: 'on'; readonly recoveryCodes: readonly string[] } & Renewed)
  | { readonly kind: 'not_begun' }
  | ProofFault

/** Switches the second factor on with a first code, which proves that the app has the secret. */
export async function confirmTotpSetUp(
  deps: SignInDependencies,
  name: OperatorName,
  code: string,
  browser: Browser,
): Promise<ConfirmTotpResult> {
  const operator = await knownOperator(deps, name)
  const { merchantId, operatorId, totpSecretSealed: secretSealed } = operator
  if (secretSealed === null || hasTotp(operator)) return { kind: 'not_begun' }
  const secret = await deps.vault.open(merchantId, totpSecretPurpose, operatorId, secretSealed)
  const nowMs = deps.clock.now()
  const step = matchTotp(Buffer.from(secret.reveal(), 'hex'), code, nowMs)
  if (step === undefined) return { kind: 'wrong_code' }
  const recoveryCodes = newRecoveryCodes()
  return deps.db.transaction(async (tx) => {
    const isOn = await confirmTotp(tx, operator, { step, secretSealed }, nowMs)
    if (!isOn) return { kind: 'not_begun' }
    await replaceRecoveryCodes(tx, operator, recoveryCodes.map(recoveryCodeHash))
    const token = await renewSessions(deps, tx, operator, browser)
    await record(deps, tx, operator, 'operator.totp_on')
    return { kind: 'on', recoveryCodes, token }
  })
}

export type RenewCodesResult =
  | { readonly kind: 'renewed'; readonly recoveryCodes: readonly string[] }
  | ProofFault

/** Replaces the recovery codes, used and unused. */
export async function renewRecoveryCodes(
  deps: SignInDependencies,
  name: OperatorName,
  { password, code }: { readonly password: Secret; readonly code: string },
): Promise<RenewCodesResult> {
  const operator = await knownOperator(deps, name)
  const fault =
    (await faultOfProof(deps, operator, password)) ?? (await faultOfCode(deps, operator, code))
  if (fault !== undefined) return fault
  const recoveryCodes = newRecoveryCodes()
  await deps.db.transaction(async (tx) => {
    await replaceRecoveryCodes(tx, operator, recoveryCodes.map(recoveryCodeHash))
    await record(deps, tx, operator, 'operator.recovery_codes_renewed')
  })
  return { kind: 'renewed', recoveryCodes }
}

export type RemoveTotpResult =
  | ({ readonly kind: 'off' } & Renewed)
  /** It was never on; the secret that was being set up is forgotten. */
  | { readonly kind: 'given_up' }
  | { readonly kind: 'demanded' }
  | ProofFault

/** Switches the second factor off, with a code of it, unless the merchant demands one. */
export async function removeTotp(
  deps: SignInDependencies,
  name: OperatorName,
  { code, isDemanded }: { readonly code: string | undefined; readonly isDemanded: boolean },
  browser: Browser,
): Promise<RemoveTotpResult> {
  const operator = await knownOperator(deps, name)
  const nowMs = deps.clock.now()
  if (!hasTotp(operator)) {
    await clearTotp(deps.db, operator, nowMs)
    return { kind: 'given_up' }
  }
  if (isDemanded) return { kind: 'demanded' }
  const fault = await faultOfCode(deps, operator, code ?? '')
  if (fault !== undefined) return fault
  return deps.db.transaction(async (tx) => {
    await clearTotp(tx, operator, nowMs)
    const token = await renewSessions(deps, tx, operator, browser)
    await record(deps, tx, operator, 'operator.totp_off')
    return { kind: 'off', token }
  })
}

/** Signed in, so they exist. */
async function knownOperator(deps: SignInDependencies, name: OperatorName): Promise<Operator> {
  const operator = await findOperator(deps.db, name)
  if (operator === undefined) throw new Error('a signed-in operator is gone')
  return operator
}

// Whoever has taken over a session must not be able to guess the password with it, faster than at the door.
async function faultOfProof(
  deps: SignInDependencies,
  { email, passwordHash }: Operator,
  password: Secret,
): Promise<ProofFault | undefined> {
  const subject = { kind: 'account', email } as const
  const waitMs = await takeTry(deps.db, subject, deps.clock.now())
  if (waitMs > 0) return { kind: 'blocked', waitMs }
  const { isRight } = await provePassword(password, passwordHash, deps.passwordCost)
  if (!isRight) return { kind: 'wrong_password' }
  await giveBackTry(deps.db, subject)
  return undefined
}

async function faultOfCode(
  deps: SignInDependencies,
  operator: Operator,
  code: string,
): Promise<ProofFault | undefined> {
  const subject = { kind: 'account', email: operator.email } as const
  const waitMs = await takeTry(deps.db, subject, deps.clock.now())
  if (waitMs > 0) return { kind: 'blocked', waitMs }
  if ((await secondProofOf(deps, operator, code)) === undefined) return { kind: 'wrong_code' }
  await giveBackTry(deps.db, subject)
  return undefined
}

function record(
  deps: SignInDependencies,
  tx: Transaction,
  operator: Operator,
  action: string,
): Promise<void> {
  const { merchantId, email } = operator
  return recordAct(tx, merchantId, { action, subject: email, detail: {} }, actBy(deps, operator))
}
