// API keys, the merchant's settings and its operators: parse, call, render.

import type { Static } from 'typebox'

import { type ApiKeyRow, endToken, listApiKeys, revokeApiKey } from '../accounts/accounts.store.ts'
import { createApiKey } from '../accounts/create-api-key.ts'
import type { TokenGiver } from '../accounts/give-access-token.ts'
import {
  changeMerchantSettings,
  findMerchantSettings,
  type MerchantSettings,
} from '../accounts/merchant-settings.store.ts'
import { newAct } from '../audit/audit-event.ts'
import { instant, instantOrNull } from '../db/database.ts'
import {
  addOperator,
  changeOperator,
  type OperatorDependencies,
} from '../operators/manage-operators.ts'
import { hasTotp, type Operator } from '../operators/operator.ts'
import { listOperators } from '../operators/operators.store.ts'
import { listBlockedAccounts } from '../operators/sign-in-tries.store.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { badField, ConsoleError, consoleRefusal, notFound } from './console-error.ts'
import { apiKeyCalls } from './developers-view.ts'
import { refuseWeak } from './session-answers.ts'
import { operatorCalls, type operatorSchema, settingsCalls } from './settings-view.ts'

export interface AccountRoutesDependencies extends OperatorDependencies {
  readonly tokens: Pick<TokenGiver, 'forget'>
}

export function accountRoutes(deps: AccountRoutesDependencies): ConsoleRoute[] {
  return [...apiKeyRoutes(deps), ...settingsRoutes(deps), ...operatorRoutes(deps)]
}

function apiKeyRoutes(deps: AccountRoutesDependencies): ConsoleRoute[] {
  const { db } = deps
  return [
    consoleRoute(apiKeyCalls.listApiKeys, async (_, caller) => {
      const keys = await listApiKeys(db, signedIn(caller).merchantId)
      return { items: keys.map(showKey) }
    }),
    consoleRoute(apiKeyCalls.createApiKey, async (_, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { impKey, impSecret } = await createApiKey(deps, merchantId, { actor })
      return { impKey, impSecret: impSecret.reveal() }
    }),
    consoleRoute(apiKeyCalls.rotateApiKey, async ({ impKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const key = await findKey(deps, merchantId, impKey)
      if (key.revokedAtMs !== null) {
        throw consoleRefusal('key_revoked', 'A revoked key gets no new secret: make another one.')
      }
      // The old secret's token ends with it.
      const { impSecret } = await db.transaction(async (tx) => {
        await endToken(tx, merchantId, impKey)
        return createApiKey({ ...deps, db: tx }, merchantId, { actor, impKey })
      })
      deps.tokens.forget(impKey)
      return { impKey, impSecret: impSecret.reveal() }
    }),
    consoleRoute(apiKeyCalls.revokeApiKey, async ({ impKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const key = await findKey(deps, merchantId, impKey)
      if (key.revokedAtMs !== null) return showKey(key)
      await revokeApiKey(db, merchantId, impKey, newAct(deps, actor))
      deps.tokens.forget(impKey)
      return showKey(await findKey(deps, merchantId, impKey))
    }),
  ]
}

async function findKey(
  { db }: AccountRoutesDependencies,
  owner: MerchantId,
  impKey: string,
): Promise<ApiKeyRow> {
  const key = (await listApiKeys(db, owner)).find((one) => one.impKey === impKey)
  if (key === undefined) throw notFound('API key')
  return key
}

function showKey({ impKey, createdAtMs, revokedAtMs }: ApiKeyRow) {
  return { impKey, createdAt: instant(createdAtMs), revokedAt: instantOrNull(revokedAtMs) }
}

function settingsRoutes(deps: AccountRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(settingsCalls.getSettings, async (_, caller) =>
      showSettings(await findMerchantSettings(deps.db, signedIn(caller).merchantId)),
    ),
    consoleRoute(settingsCalls.changeSettings, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { merchantName, ...changes } = input
      const name = merchantName?.trim()
      if (name === '') throw badField('merchantName', 'too_short', 'The name is empty.')
      if (Object.values(input).every((value) => value === undefined)) {
        return showSettings(await findMerchantSettings(deps.db, merchantId))
      }
      const wanted = { ...changes, ...(name !== undefined && { name }) }
      const act = newAct(deps, actor)
      return showSettings(await changeMerchantSettings(deps.db, merchantId, wanted, act))
    }),
  ]
}

function showSettings({ name, createdAtMs, ...settings }: MerchantSettings) {
  return { ...settings, merchantName: name, createdAt: instant(createdAtMs) }
}

function operatorRoutes(deps: AccountRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(operatorCalls.listOperators, async (_, caller) => ({
      items: await showOperators(deps, await listOperators(deps.db, signedIn(caller).merchantId)),
    })),
    consoleRoute(operatorCalls.addOperator, async (wanted, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const result = await addOperator(deps, { ...wanted, merchantId }, actor)
      switch (result.kind) {
        case 'added':
          return answerOf(deps, result.operator, result.password.reveal())
        case 'no_email':
          throw new ConsoleError({
            status: 400,
            code: 'email_unfit',
            message: 'This is no e-mail address.',
            fields: { email: 'malformed' },
          })
        case 'taken':
          throw consoleRefusal('operator_taken', 'There is an operator with this e-mail already.')
        case 'weak':
          throw refuseWeak('password', result.fault)
      }
    }),
    consoleRoute(operatorCalls.changeOperator, async ({ operatorId, ...changes }, caller) => {
      const { merchantId, actor, operatorId: own } = signedIn(caller)
      const { isDisabled, resetPassword, resetTotp } = changes
      const shutsOut = isDisabled === true || resetPassword === true || resetTotp === true
      if (operatorId === own && shutsOut) {
        throw consoleRefusal(
          'own_account',
          'Change your own account under /session, or ask another owner.',
        )
      }
      const result = await changeOperator(deps, { merchantId, operatorId }, changes, actor)
      switch (result.kind) {
        case 'changed':
          return answerOf(deps, result.operator, result.password?.reveal() ?? null)
        case 'absent':
          throw notFound('operator')
        case 'last_owner':
          throw consoleRefusal('last_owner', 'A merchant keeps one owner: make another one first.')
      }
    }),
  ]
}

async function answerOf(
  deps: AccountRoutesDependencies,
  operator: Operator,
  password: string | null,
) {
  const [shown] = await showOperators(deps, [operator])
  return { operator: shown as Static<typeof operatorSchema>, password }
}

async function showOperators(
  { db, clock }: AccountRoutesDependencies,
  operators: readonly Operator[],
): Promise<Static<typeof operatorSchema>[]> {
  const emails = operators.map(({ email }) => email)
  const blocked = await listBlockedAccounts(db, emails, clock.now())
  return operators.map((operator) => {
    const { operatorId, email, name, role, language, mustChangePassword } = operator
    return {
      operatorId,
      email,
      name,
      role,
      language,
      mustChangePassword,
      hasTotp: hasTotp(operator),
      createdAt: instant(operator.createdAtMs),
      lastSignedInAt: instantOrNull(operator.lastSignedInAtMs),
      lockedUntil: instantOrNull(blocked.get(email) ?? null),
      disabledAt: instantOrNull(operator.disabledAtMs),
    }
  })
}
