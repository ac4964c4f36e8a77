// Signing in and out, one's own account, and where one is signed in: parse, call, render.

import { instant } from '../db/database.ts'
import { changeOwnProfile } from '../operators/manage-operators.ts'
import {
  beginTotpSetUp,
  changePassword,
  confirmTotpSetUp,
  removeTotp,
  renewRecoveryCodes,
} from '../operators/own-account.ts'
import { absoluteMs, idleMs } from '../operators/session.ts'
import { listSessions } from '../operators/sessions.store.ts'
import { endOwnSession, proveTotp, signIn, signOut } from '../operators/sign-in.ts'
import { findMerchantSettings } from '../accounts/merchant-settings.store.ts'
import { merchantId as merchantIdOf } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { type ConsoleCaller, signedIn } from './console-caller.ts'
import { done } from './console-schema.ts'
import { ConsoleError, notFound } from './console-error.ts'
import { notSignedIn } from './request-guard.ts'
import {
  afterSignIn,
  refuseProof,
  refuseWeak,
  sayNotConfidential,
  sessionOf,
  type SessionRoutesDependencies,
  showSession,
} from './session-answers.ts'
import { sessionCalls } from './session-view.ts'

export function sessionRoutes(deps: SessionRoutesDependencies): ConsoleRoute[] {
  return [...doorRoutes(deps), ...accountRoutes(deps), ...totpRoutes(deps)]
}

function doorRoutes(deps: SessionRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(sessionCalls.signIn, async ({ email, password }, caller) => {
      sayNotConfidential(deps, caller)
      const credentials = { email, password: new Secret(password), merchantId: null }
      return afterSignIn(deps, await signIn(deps, credentials, caller, caller.token), caller)
    }),
    consoleRoute(sessionCalls.sendTotp, async ({ code }, caller) => {
      const result = await proveTotp(deps, { token: caller.token, code }, caller)
      if (result.kind === 'not_begun') throw notSignedIn()
      if (result.kind === 'wrong') throw refuseProof({ kind: 'wrong_code' })
      return afterSignIn(deps, result, caller)
    }),
    consoleRoute(sessionCalls.changeMerchant, async (input, caller) => {
      const { email, token } = { ...signedIn(caller), token: caller.token }
      const credentials = {
        email,
        password: new Secret(input.password),
        merchantId: merchantIdOf(input.merchantId),
      }
      return afterSignIn(deps, await signIn(deps, credentials, caller, token), caller)
    }),
    consoleRoute(sessionCalls.getSession, async (_, caller) => showSession(deps, signedIn(caller))),
    consoleRoute(sessionCalls.signOut, async ({ everywhere }, caller) => {
      await signOut(deps, signedIn(caller), everywhere)
      caller.setToken(null)
      return done
    }),
    consoleRoute(sessionCalls.listSessions, async (_, caller) => {
      const { sessionId, ...operator } = signedIn(caller)
      const nowMs = deps.clock.now()
      const after = { seenMs: nowMs - idleMs, startedMs: nowMs - absoluteMs }
      const found = await listSessions(deps.db, operator, after)
      return {
        items: found.map((session) => ({
          sessionId: session.sessionId,
          isThisOne: session.sessionId === sessionId,
          startedAt: instant(session.startedAtMs),
          lastSeenAt: instant(session.seenAtMs),
          clientIp: session.clientIp,
          userAgent: session.userAgent,
        })),
      }
    }),
    consoleRoute(sessionCalls.endSession, async ({ sessionId }, caller) => {
      const operator = signedIn(caller)
      if (!(await endOwnSession(deps, operator, sessionId))) throw notFound('session')
      if (sessionId === operator.sessionId) caller.setToken(null)
      return done
    }),
  ]
}

function accountRoutes(deps: SessionRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(sessionCalls.changePassword, async ({ current, next }, caller) => {
      const wanted = { current: new Secret(current), next: new Secret(next) }
      const result = await changePassword(deps, signedIn(caller), wanted, caller)
      switch (result.kind) {
        case 'changed':
          return renewed(deps, caller, result.token)
        case 'weak':
          throw refuseWeak('next', result.fault)
        case 'same':
          throw new ConsoleError({
            status: 400,
            code: 'same_password',
            message: 'The new password is the present one.',
            fields: { next: 'malformed' },
          })
        case 'wrong_password':
        case 'wrong_code':
        case 'blocked':
          throw refuseProof(result)
      }
    }),
    consoleRoute(sessionCalls.changeProfile, async (changes, caller) => {
      await changeOwnProfile(deps, signedIn(caller), changes)
      return showSession(deps, signedIn(caller))
    }),
  ]
}

function totpRoutes(deps: SessionRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(sessionCalls.beginTotp, async ({ password }, caller) => {
      const operator = signedIn(caller)
      const { name } = await findMerchantSettings(deps.db, operator.merchantId)
      const result = await beginTotpSetUp(deps, operator, new Secret(password), name)
      if (result.kind === 'begun') {
        return { secret: result.secret.reveal(), otpauthUri: result.otpauthUri.reveal() }
      }
      if (result.kind !== 'already_on') throw refuseProof(result)
      throw totpRefusal('totp_already_on', 'TOTP is on: switch it off first.')
    }),
    consoleRoute(sessionCalls.confirmTotp, async ({ code }, caller) => {
      const result = await confirmTotpSetUp(deps, signedIn(caller), code, caller)
      if (result.kind === 'not_begun') {
        throw totpRefusal('totp_not_begun', 'Begin with POST /session/totp-setup.')
      }
      if (result.kind !== 'on') throw refuseProof(result)
      const session = await renewed(deps, caller, result.token)
      return { recoveryCodes: [...result.recoveryCodes], session }
    }),
    consoleRoute(sessionCalls.renewRecoveryCodes, async ({ password, code }, caller) => {
      const proof = { password: new Secret(password), code }
      const result = await renewRecoveryCodes(deps, signedIn(caller), proof)
      if (result.kind !== 'renewed') throw refuseProof(result)
      return { recoveryCodes: [...result.recoveryCodes] }
    }),
    consoleRoute(sessionCalls.removeTotp, async ({ code }, caller) => {
      const operator = signedIn(caller)
      const { requireTotp: isDemanded } = await findMerchantSettings(deps.db, operator.merchantId)
      const result = await removeTotp(deps, operator, { code, isDemanded }, caller)
      if (result.kind === 'given_up') return showSession(deps, operator)
      if (result.kind === 'demanded') {
        throw totpRefusal('totp_demanded', 'The merchant demands TOTP of every operator.')
      }
      if (result.kind !== 'off') throw refuseProof(result)
      return renewed(deps, caller, result.token)
    }),
  ]
}

function totpRefusal(
  code: 'totp_already_on' | 'totp_not_begun' | 'totp_demanded',
  message: string,
): ConsoleError {
  return new ConsoleError({ status: 409, code, message })
}

/** The answer that brings the one session that is left. */
async function renewed(deps: SessionRoutesDependencies, caller: ConsoleCaller, token: string) {
  caller.setToken(token)
  return showSession(deps, await sessionOf(deps, token))
}
