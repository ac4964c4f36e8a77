// The sandbox's merchant: made on the first start, found again on the next, with one channel to the simulator.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { insertMerchant, listMerchants } from '../accounts/accounts.store.ts'
import { addChannel, type ReportAccess, sealReport } from '../accounts/add-channel.ts'
import { listChannels, moveChannel } from '../accounts/channels.store.ts'
import { createApiKey } from '../accounts/create-api-key.ts'
import { anyInstalments } from '../accounts/instalment-rule.ts'
import { newAct } from '../audit/audit-event.ts'
import type { Parts } from '../compose/parts.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { findEndpoint } from '../webhooks/endpoints.store.ts'
import { setEndpoint } from '../webhooks/set-endpoint.ts'

export interface SandboxMerchant {
  readonly merchantId: MerchantId
  readonly impKey: string
  readonly impSecret: Secret
  readonly channelKey: string
  readonly payjoaBaseUrl: string
  /** Where its webhooks go; null when nobody said. */
  readonly webhookUrl: string | null
}

const merchantName = 'sandbox'
/** In audit trails: `billkey sandbox` itself. */
const actor = 'sandbox'

/** Holds the API key of the sandbox's merchant; marks a data directory as a sandbox's. */
export const sandboxKeyFile = 'sandbox.json'

/**
 * The simulator's contract that allows everything (docs/simulator.md). Synthetic: PAYJOA never issued it. A copy,
 * because nothing in src/ knows the simulator's code.
 */
export const sandboxContract = {
  cpid: 'CTS00001',
  linkKey: new Secret('00000001'.repeat(8)),
  reportPassword: new Secret('report-00000001'),
} as const

/** Finds or makes the merchant, its API key (fixed by the environment or kept in the data directory) and channel. */
export async function prepareSandboxMerchant(
  parts: Parts,
  dataDir: string,
  simulatorUrl: string,
): Promise<SandboxMerchant> {
  const { merchantId } = await findOrAddMerchant(parts)
  const { impKey, impSecret } = await findOrAddKey(parts, merchantId, join(dataDir, sandboxKeyFile))
  const payjoaBaseUrl = parts.config.sandboxMerchant.payjoaBaseUrl ?? simulatorUrl
  const channelKey = await prepareChannel(parts, merchantId, payjoaBaseUrl, simulatorUrl)
  const webhookUrl = await prepareWebhooks(parts, merchantId)
  return { merchantId, impKey, impSecret, channelKey, payjoaBaseUrl, webhookUrl }
}

async function prepareWebhooks(parts: Parts, merchantId: MerchantId): Promise<string | null> {
  const name = { merchantId, sandbox: true }
  const url = parts.config.sandboxMerchant.webhookUrl
  if (url === null) return (await findEndpoint(parts.db, name))?.url ?? null
  const result = await setEndpoint(parts, name, { url, actor })
  if (result.kind === 'refused')
    throw new StartupError('bad_configuration', `BILLKEY_WEBHOOK_URL: ${result.message}`)
  return url
}

async function findOrAddMerchant(parts: Parts) {
  const known = (await listMerchants(parts.db)).find(({ name }) => name === merchantName)
  return known ?? insertMerchant(parts.db, merchantName, newAct(parts, actor))
}

interface KeptKey {
  readonly impKey: string
  readonly impSecret: string
}

async function findOrAddKey(parts: Parts, merchantId: MerchantId, file: string) {
  const { impKey, impSecret } = parts.config.sandboxMerchant
  const kept = await readKeptKey(file)
  // The upsert gives a kept key its secret again: the data directory may meet another database.
  const key = await createApiKey(parts, merchantId, {
    actor,
    impKey: impKey ?? kept?.impKey,
    impSecret: impSecret ?? (kept && new Secret(kept.impSecret)),
  })
  const text = JSON.stringify({ impKey: key.impKey, impSecret: key.impSecret.reveal() })
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  return key
}

async function readKeptKey(file: string): Promise<KeptKey | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KeptKey
  } catch {
    // Absent on the first start; an unreadable one is replaced, since a sandbox key is worth nothing.
    return undefined
  }
}

// Another test PG has its own admin, whose password nobody has told us.
function reportOf(baseUrl: string, simulatorUrl: string): ReportAccess | null {
  return baseUrl === simulatorUrl ? { baseUrl, password: sandboxContract.reportPassword } : null
}

async function prepareChannel(
  parts: Parts,
  merchantId: MerchantId,
  baseUrl: string,
  simulatorUrl: string,
): Promise<string> {
  const channels = await listChannels(parts.db, merchantId)
  const known = channels.find(
    ({ pgId, disabledAtMs }) => pgId === sandboxContract.cpid && disabledAtMs === null,
  )
  if (known !== undefined) {
    const report = reportOf(baseUrl, simulatorUrl)
    const sealed = report && (await sealReport(parts.vault, known, report))
    await moveChannel(parts.db, known, { baseUrl, report: sealed }, newAct(parts, actor))
    return known.channelKey
  }
  const added = await addChannel(
    { db: parts.db, vault: parts.vault, clock: parts.clock, uuid: () => parts.ids.uuid() },
    {
      merchantId,
      name: 'PAYJOA sandbox',
      pgId: sandboxContract.cpid,
      linkKey: sandboxContract.linkKey,
      baseUrl,
      sandbox: true,
      cardRoute: 'D',
      productType: 'digital',
      taxMode: 'per_payment',
      allowsKeyInPlain: true,
      allowsKeyInVerified: true,
      allowsBilling: true,
      unmappable: 'substitute',
      instalments: anyInstalments,
      rateCapPerSecond: null,
      totalRateCapPerSecond: null,
      lateApprovals: 'keep',
      report: reportOf(baseUrl, simulatorUrl),
      makeDefault: false,
    },
    actor,
  )
  if (added.kind === 'refused') throw new Error(added.message)
  return added.channel.channelKey
}
