// PAYJOA contracts, for owners: parse, call, render. Link keys and passwords go in and never come out.

import type { Static } from 'typebox'

import {
  addChannel,
  type ChannelDependencies,
  defaultRateCaps,
  type NewChannel,
  payjoaBaseUrls,
  payjoaReportUrls,
} from '../accounts/add-channel.ts'
import { changeChannel, type WantedChanges } from '../accounts/change-channel.ts'
import type { Channel } from '../accounts/channel.ts'
import { disableChannel, listChannels } from '../accounts/channels.store.ts'
import { anyInstalments, type InstalmentRule } from '../accounts/instalment-rule.ts'
import { type ChannelProof, testChannel } from '../accounts/test-channel.ts'
import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { instantOrNull } from '../db/database.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { issuerCodes } from '../gateways/payjoa/issuers.ts'
import { cardCompanies } from '../payments/card-companies.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { closeBreaker, listOpenBreakers, type OpenBreaker } from '../rate/breakers.store.ts'
import type { channelSchema, wantedInstalmentsSchema } from './channels-view.ts'
import { channelCalls } from './channels-view.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { badField, type ConsoleError, consoleRefusal, notFound } from './console-error.ts'

export interface ChannelRoutesDependencies extends Omit<ChannelDependencies, 'uuid'> {
  readonly ids: IdSource
  readonly gateway: Gateway
}

export function channelRoutes(deps: ChannelRoutesDependencies): ConsoleRoute[] {
  return [...lookRoutes(deps), ...changeRoutes(deps), ...actRoutes(deps)]
}

function lookRoutes({ db }: ChannelRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(channelCalls.listChannels, async (_, caller) => {
      const { merchantId } = signedIn(caller)
      const channels = await listChannels(db, merchantId)
      const breakers = await listOpenBreakers(db)
      return { items: channels.map((channel) => showChannel(channel, breakers)) }
    }),
    consoleRoute(channelCalls.getChannelOptions, async () => ({
      defaults: (['sandbox', 'live'] as const).map((mode) => {
        const at = mode === 'live' ? 'live' : 'test'
        return {
          mode,
          baseUrl: payjoaBaseUrls[at],
          reportBaseUrl: payjoaReportUrls[at],
          rateCapPerSecond: defaultRateCaps[at].billing,
          totalRateCapPerSecond: defaultRateCaps[at].total,
        }
      }),
      cardCompanies: cardCompanies.map(({ code, name }) => ({ cardCode: code, name })),
      instalmentMonths: [...anyInstalments.others],
    })),
  ]
}

function changeRoutes(deps: ChannelRoutesDependencies): ConsoleRoute[] {
  const dependencies = { ...deps, uuid: () => deps.ids.uuid() }
  const change = async (
    place: Pick<Channel, 'merchantId' | 'channelKey'>,
    wanted: WantedChanges,
    actor: string,
  ) => {
    const result = await changeChannel(dependencies, place, wanted, actor)
    if (result.kind === 'changed') return showOne(deps, result.channel)
    throw consoleRefusal('channel_refused', sentence(result.message))
  }
  return [
    consoleRoute(channelCalls.addChannel, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const result = await addChannel(dependencies, newChannelOf(merchantId, input), actor)
      if (result.kind === 'added') return showOne(deps, result.channel)
      throw consoleRefusal('channel_refused', sentence(result.message))
    }),
    consoleRoute(channelCalls.changeChannel, async ({ channelKey, ...input }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const channel = await findEnabled(deps, merchantId, channelKey)
      return change(channel, changesOf(channel, input), actor)
    }),
    consoleRoute(channelCalls.makeChannelDefault, async ({ channelKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const channel = await findEnabled(deps, merchantId, channelKey)
      return change(channel, { makeDefault: true }, actor)
    }),
  ]
}

function actRoutes(deps: ChannelRoutesDependencies): ConsoleRoute[] {
  const { db } = deps
  return [
    consoleRoute(channelCalls.testChannel, async ({ channelKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const channel = await findEnabled(deps, merchantId, channelKey)
      const proofs = await testChannel(deps, channel)
      const isReady = proofs.every(({ outcome }) => outcome.kind === 'approved')
      const tested = { action: 'channel.tested', subject: channelKey, detail: { isReady } }
      await recordAct(db, merchantId, tested, newAct(deps, actor))
      return { isReady, methods: proofs.map(showProof) }
    }),
    consoleRoute(channelCalls.disableChannel, async ({ channelKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const known = await findEnabled(deps, merchantId, channelKey)
      await disableChannel(db, merchantId, channelKey, newAct(deps, actor))
      return showOne(deps, await findChannel(deps, merchantId, known.channelKey))
    }),
    consoleRoute(channelCalls.retryGateway, async ({ channelKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const channel = await findEnabled(deps, merchantId, channelKey)
      if (await closeBreaker(db, channel)) {
        const retried = { action: 'gateway.retried', subject: channelKey, detail: {} }
        await recordAct(db, merchantId, retried, newAct(deps, actor))
      }
      return showOne(deps, channel)
    }),
  ]
}

async function findChannel(
  { db }: ChannelRoutesDependencies,
  owner: MerchantId,
  channelKey: string,
): Promise<Channel> {
  const channels = await listChannels(db, owner)
  const found = channels.find((channel) => channel.channelKey === channelKey)
  if (found === undefined) throw notFound('channel')
  return found
}

async function findEnabled(
  deps: ChannelRoutesDependencies,
  owner: MerchantId,
  channelKey: string,
): Promise<Channel> {
  const channel = await findChannel(deps, owner, channelKey)
  if (channel.disabledAtMs === null) return channel
  throw consoleRefusal('channel_disabled', 'The channel is disabled: set the contract up anew.')
}

async function showOne({ db }: ChannelRoutesDependencies, channel: Channel) {
  return showChannel(channel, await listOpenBreakers(db))
}

function showChannel(
  channel: Channel,
  breakers: readonly OpenBreaker[],
): Static<typeof channelSchema> {
  const { linkKeySealed: _, reportPasswordSealed, merchantId, sandbox, ...shown } = channel
  const { channelKey, instalments } = channel
  const breaker = breakers.find(
    (open) => open.merchantId === merchantId && open.channelKey === channelKey,
  )
  return {
    ...shown,
    mode: sandbox ? 'sandbox' : 'live',
    instalments: {
      others: [...instalments.others],
      byCompany: Object.entries(instalments.byCompany).map(([cardCode, months]) => ({
        cardCode,
        months: [...months],
      })),
    },
    hasReportPassword: reportPasswordSealed !== null,
    notificationPath: `/notifications/daou/${channelKey}`,
    disabledAt: instantOrNull(channel.disabledAtMs),
    gateway: {
      state: breaker === undefined ? 'answers' : 'down',
      downSince: instantOrNull(breaker?.openedAtMs ?? null),
      reason: breaker?.reason ?? null,
    },
  }
}

function showProof({ method, outcome, exchange }: ChannelProof) {
  const step = exchange.ready
  const isReady = outcome.kind === 'approved'
  return {
    method,
    isReady,
    cause: isReady ? null : outcome.cause,
    code: isReady ? null : outcome.code,
    message: isReady ? null : outcome.message,
    httpStatus: step?.status ?? null,
    durationMs: step === null ? null : Math.round(step.durationMs),
    url: step?.url ?? null,
  }
}

type NewChannelInput = Static<typeof channelCalls.addChannel.params>

function newChannelOf(merchantId: MerchantId, input: NewChannelInput): NewChannel {
  const at = input.mode === 'live' ? 'live' : 'test'
  const caps = defaultRateCaps[at]
  const { reportPassword, reportBaseUrl, instalments, mode: _, ...given } = input
  if (reportPassword === undefined && reportBaseUrl !== undefined) throw reportNeedsPassword()
  return {
    ...given,
    merchantId,
    name: input.name?.trim() ?? `PAYJOA ${input.pgId}`,
    linkKey: new Secret(input.linkKey.trim()),
    baseUrl: input.baseUrl ?? payjoaBaseUrls[at],
    sandbox: input.mode === 'sandbox',
    instalments: instalments === undefined ? anyInstalments : ruleOf(instalments),
    rateCapPerSecond: input.rateCapPerSecond === undefined ? caps.billing : input.rateCapPerSecond,
    totalRateCapPerSecond:
      input.totalRateCapPerSecond === undefined ? caps.total : input.totalRateCapPerSecond,
    report:
      reportPassword === undefined
        ? null
        : {
            baseUrl: reportBaseUrl ?? payjoaReportUrls[at],
            password: new Secret(reportPassword.trim()),
          },
  }
}

type ChangeInput = Omit<Static<typeof channelCalls.changeChannel.params>, 'channelKey'>

function changesOf(channel: Channel, input: ChangeInput): WantedChanges {
  const { linkKey, reportPassword, reportBaseUrl, instalments, ...others } = input
  if (reportPassword === undefined && reportBaseUrl !== undefined) throw reportNeedsPassword()
  const known = channel.reportBaseUrl ?? payjoaReportUrls[channel.sandbox ? 'test' : 'live']
  return {
    ...others,
    linkKey: linkKey === undefined ? undefined : new Secret(linkKey.trim()),
    instalments: instalments === undefined ? undefined : ruleOf(instalments),
    report:
      reportPassword === undefined
        ? undefined
        : { baseUrl: reportBaseUrl ?? known, password: new Secret(reportPassword.trim()) },
  }
}

/** A password is for one address: another address must not be sent it. */
function reportNeedsPassword(): ConsoleError {
  return badField('reportPassword', 'missing', 'Another address of daily files needs its password.')
}

function ruleOf({ others, byCompany }: Static<typeof wantedInstalmentsSchema>): InstalmentRule {
  const strange = byCompany.find(({ cardCode }) => !issuerCodes.has(cardCode))
  if (strange !== undefined) {
    const message = `'${strange.cardCode}' is no card company that PAYJOA names.`
    throw badField('instalments.byCompany', 'malformed', message)
  }
  const inOrder = (months: readonly number[]) => [...new Set(months)].sort((a, b) => a - b)
  return {
    others: others === null ? anyInstalments.others : inOrder(others),
    byCompany: Object.fromEntries(
      byCompany.map(({ cardCode, months }) => [cardCode, inOrder(months)]),
    ),
  }
}

/** Deeds speak in half sentences, for the command line. */
function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
}
