// What signing in and the own account are answered with: the session as the console sees it, and how proofs are refused.

import type { Static } from 'typebox'

import { listChannels } from '../accounts/channels.store.ts'
import { findMerchantSettings } from '../accounts/merchant-settings.store.ts'
import type { MerchantClock } from '../accounts/merchant-clock.ts'
import { instant } from '../db/database.ts'
import {
  countRecoveryCodes,
  findOperator,
  findOperatorsByEmail,
} from '../operators/operators.store.ts'
import { hasTotp } from '../operators/operator.ts'
import type { ProofFault } from '../operators/own-account.ts'
import type { PasswordFault } from '../operators/password.ts'
import { absoluteMs, idleMs, type LiveSession } from '../operators/session.ts'
import type { SignInDependencies, SignInResult } from '../operators/sign-in.ts'
import { findLiveSession } from '../operators/start-session.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { showClock } from './clock.routes.ts'
import type { ConsoleCaller } from './console-caller.ts'
import { ConsoleError } from './console-error.ts'
import { notSignedIn } from './request-guard.ts'
import type { sessionSchema } from './session-view.ts'

export interface SessionRoutesDependencies extends SignInDependencies {
  readonly clock: MerchantClock
  readonly version: string
  readonly isSandbox: boolean
}

/** The session behind a token that was made in this very request. */
export async function sessionOf(
  deps: SessionRoutesDependencies,
  token: string,
): Promise<LiveSession> {
  const session = await findLiveSession(deps, token, { isBackground: true })
  if (session === undefined) throw notSignedIn()
  return session
}

export async function showSession(
  deps: SessionRoutesDependencies,
  session: LiveSession,
): Promise<Static<typeof sessionSchema>> {
  const { merchantId } = session
  const [operator, recoveryCodesLeft, merchant, alike, clock, mode] = await Promise.all([
    findOperator(deps.db, session),
    countRecoveryCodes(deps.db, session),
    findMerchantSettings(deps.db, merchantId),
    findOperatorsByEmail(deps.db, session.email),
    showClock(deps, merchantId),
    modeOf(deps, merchantId),
  ])
  if (operator === undefined) throw notSignedIn()
  const others = alike.map((one) => one.merchantId).filter((other) => other !== merchantId)
  const { operatorId, email, name, role, language } = operator
  return {
    operator: {
      operatorId,
      email,
      name,
      role,
      language,
      hasTotp: hasTotp(operator),
      recoveryCodesLeft,
    },
    merchant: { merchantId, name: merchant.name },
    otherMerchants: await namesOf(deps, others),
    csrfToken: session.csrfToken,
    mustDo: session.mustDo,
    mode,
    isSandbox: deps.isSandbox,
    clock,
    expiresAt: instant(session.startedAtMs + absoluteMs),
    idleExpiresAt: instant(session.seenAtMs + idleMs),
    version: deps.version,
  }
}

/** A handful: whoever works for so many merchants under one e-mail. */
function namesOf({ db }: SessionRoutesDependencies, owners: readonly MerchantId[]) {
  return Promise.all(
    owners.map(async (merchantId) => {
      const { name } = await findMerchantSettings(db, merchantId)
      return { merchantId, name }
    }),
  )
}

async function modeOf({ db }: SessionRoutesDependencies, owner: MerchantId) {
  const channels = (await listChannels(db, owner)).filter((one) => one.disabledAtMs === null)
  const hasTest = channels.some(({ sandbox }) => sandbox)
  const hasLive = channels.some(({ sandbox }) => !sandbox)
  if (hasTest && hasLive) return 'both'
  if (hasLive) return 'live'
  return hasTest ? 'sandbox' : 'none'
}

/** Gives the browser its session, or says what is still needed. */
export async function afterSignIn(
  deps: SessionRoutesDependencies,
  result: SignInResult,
  caller: ConsoleCaller,
) {
  switch (result.kind) {
    case 'signed_in':
      caller.setToken(result.token)
      return { needs: null, session: await showSession(deps, await sessionOf(deps, result.token)) }
    case 'needs_totp':
      caller.setToken(result.token)
      return { needs: 'totp' as const, session: null }
    case 'wrong':
      throw new ConsoleError({
        status: 401,
        code: 'wrong_credentials',
        message: 'The e-mail or the password is wrong.',
      })
    case 'blocked':
      throw lockedOut(result.waitMs)
  }
}

/** Refuses a password over a connection that others can read. */
export function sayNotConfidential(
  { isSandbox }: SessionRoutesDependencies,
  { isConfidential }: ConsoleCaller,
): void {
  if (isConfidential || isSandbox) return
  throw new ConsoleError({
    status: 403,
    code: 'tls_required',
    message:
      'Passwords are taken over https only. Behind a proxy that does TLS: name it in BILLKEY_TRUSTED_PROXIES and let it send X-Forwarded-Proto.',
  })
}

export function refuseProof(fault: ProofFault): ConsoleError {
  switch (fault.kind) {
    case 'wrong_password':
      return new ConsoleError({
        status: 403,
        code: 'wrong_password',
        message: 'The password is wrong.',
      })
    case 'wrong_code':
      return new ConsoleError({
        status: 403,
        code: 'wrong_totp_code',
        message: 'The code is wrong, too old, or was used before.',
      })
    case 'blocked':
      return lockedOut(fault.waitMs)
  }
}

function lockedOut(waitMs: number): ConsoleError {
  const seconds = Math.ceil(waitMs / 1000)
  return new ConsoleError({
    status: 429,
    code: 'locked_out',
    message: `Too many tries were wrong: wait ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds) },
  })
}

export function refuseWeak(field: string, fault: PasswordFault): ConsoleError {
  const words: Record<PasswordFault, string> = {
    too_short: 'A password has twelve characters at least.',
    too_long: 'A password has 256 characters at most.',
    common: 'This password is one of the first to be guessed.',
    about_you: 'A password must not be made of your name or e-mail.',
  }
  const fieldFault = fault === 'too_short' || fault === 'too_long' ? fault : 'malformed'
  return new ConsoleError({
    status: 400,
    code: 'weak_password',
    message: words[fault],
    fields: { [field]: fieldFault },
  })
}
