// Signing in: the password, then the code of an app where one is set up. A try is counted before it is judged and costs
// the same whether the account exists or not; whoever gets in gets a session of their own making.

import { type Act, newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import type { Database } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Vault } from '../vault/vault.ts'
import { hasTotp, type Operator, readEmail, totpSecretPurpose } from './operator.ts'
import {
  findOperator,
  findOperatorsByEmail,
  noteSignIn,
  setPassword,
  spendRecoveryCode,
  spendTotpStep,
} from './operators.store.ts'
import { hashPassword, isPasswordQueueFull, type PasswordCost, provePassword } from './password.ts'
import { recoveryCodeHash } from './recovery-code.ts'
import type { SessionOperator } from './session.ts'
import { deleteSession, deleteSessionsOf } from './sessions.store.ts'
import { forgiveAccount, giveBackTry, takeTry } from './sign-in-tries.store.ts'
import {
  type Browser,
  findAwaitingTotp,
  findByToken,
  type SessionDependencies,
  startSession,
} from './start-session.ts'
import { matchTotp } from './totp.ts'

export interface SignInDependencies extends SessionDependencies {
  readonly db: Database
  readonly vault: Vault
  /** Of new passwords. */
  readonly passwordCost: PasswordCost
}

export type SignInResult =
  | { readonly kind: 'signed_in'; readonly token: string; readonly operator: Operator }
  /** The token is good for the second proof only. */
  | { readonly kind: 'needs_totp'; readonly token: string }
  /** Wrong, or nobody of that name: which of them is not said. */
  | { readonly kind: 'wrong' }
  /** Too many were wrong. Nothing was looked at. */
  | { readonly kind: 'blocked'; readonly waitMs: number }

export interface Credentials {
  readonly email: string
  readonly password: Secret
  /** One merchant's operator of that e-mail; null: whosever password it is. */
  readonly merchantId: MerchantId | null
}

const queueWaitMs = 5_000

/** More merchants under one e-mail than this have to be changed over to. */
const candidatesMax = 5

/** `heldToken`: the browser's session until now, which ends. */
export async function signIn(
  deps: SignInDependencies,
  { email: typed, password, merchantId }: Credentials,
  browser: Browser,
  heldToken: string | null,
): Promise<SignInResult> {
  const email = readEmail(typed) ?? typed.slice(0, 254)
  if (isPasswordQueueFull()) return { kind: 'blocked', waitMs: queueWaitMs }
  const waitMs = await takeTries(deps, email, browser)
  if (waitMs > 0) return { kind: 'blocked', waitMs }
  const candidates = (await findOperatorsByEmail(deps.db, email))
    .filter((operator) => merchantId === null || operator.merchantId === merchantId)
    .slice(0, candidatesMax)
  const operator = await findProved(deps, candidates, password)
  if (operator === undefined) {
    await recordRefusals(deps, candidates, browser, 'password')
    return { kind: 'wrong' }
  }
  await endHeld(deps, heldToken)
  await giveBackTry(deps.db, { kind: 'address', address: browser.clientIp })
  if (!hasTotp(operator)) return welcome(deps, operator, browser, 'password')
  await giveBackTry(deps.db, { kind: 'account', email })
  const { token } = await startSession(deps, operator, browser, true)
  return { kind: 'needs_totp', token }
}

async function takeTries(
  { db, clock }: SignInDependencies,
  email: string,
  { clientIp }: Browser,
): Promise<number> {
  const nowMs = clock.now()
  const accountMs = await takeTry(db, { kind: 'account', email }, nowMs)
  if (accountMs > 0) return accountMs
  return takeTry(db, { kind: 'address', address: clientIp }, nowMs)
}

async function findProved(
  { db, clock, passwordCost }: SignInDependencies,
  candidates: readonly Operator[],
  password: Secret,
): Promise<Operator | undefined> {
  if (candidates.length === 0) await provePassword(password, null, passwordCost)
  for (const operator of candidates) {
    const { isRight, isOutdated } = await provePassword(
      password,
      operator.passwordHash,
      passwordCost,
    )
    if (!isRight) continue
    if (!isOutdated) return operator
    const next = {
      hash: await hashPassword(password, passwordCost),
      mustChange: operator.mustChangePassword,
    }
    await setPassword(db, operator, next, clock.now())
    return { ...operator, passwordHash: next.hash }
  }
  return undefined
}

async function endHeld({ db }: SignInDependencies, heldToken: string | null): Promise<void> {
  const held = heldToken === null ? undefined : await findByToken(db, heldToken)
  if (held !== undefined) await deleteSession(db, held)
}

export type TotpResult =
  | Exclude<SignInResult, { kind: 'needs_totp' }>
  /** The first proof is too old, or there was none. */
  | { readonly kind: 'not_begun' }

/** The second proof: a code of the app, or a recovery code. */
export async function proveTotp(
  deps: SignInDependencies,
  { token, code }: { readonly token: string | null; readonly code: string },
  browser: Browser,
): Promise<TotpResult> {
  const awaiting = token === null ? undefined : await findAwaitingTotp(deps, token)
  const operator = awaiting === undefined ? undefined : await findOperator(deps.db, awaiting)
  if (awaiting === undefined || operator === undefined) return { kind: 'not_begun' }
  const waitMs = await takeTries(deps, operator.email, browser)
  if (waitMs > 0) return { kind: 'blocked', waitMs }
  const proof = await secondProofOf(deps, operator, code)
  if (proof === undefined) {
    await recordRefusals(deps, [operator], browser, 'totp')
    return { kind: 'wrong' }
  }
  // Taken once: whoever else has this cookie finds nothing to prove any more.
  if (!(await deleteSession(deps.db, awaiting))) return { kind: 'not_begun' }
  await giveBackTry(deps.db, { kind: 'address', address: browser.clientIp })
  return welcome(deps, operator, browser, proof)
}

/** How the second proof was given; undefined: it is none. A code is spent by it. */
export async function secondProofOf(
  { db, vault, clock }: Pick<SignInDependencies, 'db' | 'vault' | 'clock'>,
  operator: Operator,
  code: string,
): Promise<'totp' | 'recovery_code' | undefined> {
  const { merchantId, operatorId, totpSecretSealed: sealed } = operator
  if (sealed === null || !hasTotp(operator)) return undefined
  const typed = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) {
    const isSpent = await spendRecoveryCode(db, operator, recoveryCodeHash(typed))
    return isSpent ? 'recovery_code' : undefined
  }
  const secret = await vault.open(merchantId, totpSecretPurpose, operatorId, sealed)
  const step = matchTotp(Buffer.from(secret.reveal(), 'hex'), typed, clock.now())
  if (step === undefined) return undefined
  return (await spendTotpStep(db, operator, step)) ? 'totp' : undefined
}

async function welcome(
  deps: SignInDependencies,
  operator: Operator,
  browser: Browser,
  proof: 'password' | 'totp' | 'recovery_code',
): Promise<SignInResult & { readonly kind: 'signed_in' }> {
  const nowMs = deps.clock.now()
  await forgiveAccount(deps.db, operator.email)
  const token = await deps.db.transaction(async (tx) => {
    const started = await startSession({ ...deps, db: tx }, operator, browser, false)
    await noteSignIn(tx, operator, nowMs)
    const detail = { ...browser, proof, sessionId: started.sessionId }
    await recordAct(
      tx,
      operator.merchantId,
      { action: 'operator.signed_in', subject: operator.email, detail },
      actBy(deps, operator),
    )
    return started.token
  })
  return { kind: 'signed_in', token, operator }
}

// Each is one event at most, and how many there can be is what the tries are counted for.
async function recordRefusals(
  deps: SignInDependencies,
  operators: readonly Operator[],
  { clientIp, userAgent }: Browser,
  wrong: 'password' | 'totp',
): Promise<void> {
  for (const operator of operators) {
    await recordAct(
      deps.db,
      operator.merchantId,
      {
        action: 'operator.sign_in_refused',
        subject: operator.email,
        detail: { wrong, clientIp, userAgent },
      },
      newAct(deps, `address:${clientIp}`),
    )
  }
}

/** Ends this session, or all of the operator's. */
export async function signOut(
  deps: SignInDependencies,
  session: SessionOperator,
  everywhere: boolean,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if (everywhere) await deleteSessionsOf(tx, session)
    else await deleteSession(tx, session)
    const detail = { sessionId: session.sessionId, everywhere }
    const done = { action: 'operator.signed_out', subject: session.email, detail }
    await recordAct(tx, session.merchantId, done, actBy(deps, session))
  })
}

/** Ends one of the operator's own sessions. False when it has ended. */
export async function endOwnSession(
  deps: SignInDependencies,
  { merchantId, operatorId, email }: SessionOperator,
  sessionId: string,
): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    if (!(await deleteSession(tx, { merchantId, operatorId, sessionId }))) return false
    const done = { action: 'operator.session_ended', subject: email, detail: { sessionId } }
    await recordAct(tx, merchantId, done, actBy(deps, { email }))
    return true
  })
}

/** What an operator does to their own account. */
export function actBy(
  deps: Pick<SessionDependencies, 'clock' | 'ids'>,
  { email }: Pick<Operator, 'email'>,
): Act {
  return newAct(deps, `operator:${email}`)
}
