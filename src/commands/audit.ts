// `billkey audit`: the trail of acts and key use, checked, read, and given to auditors.

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

import { installationTrail } from '../audit/audit-event.ts'
import type { AuditEvent } from '../audit/audit-chain.ts'
import { findFirstSince, listChain, searchEvents } from '../audit/audit-events.store.ts'
import { type Checkpoint, publicKeyOf } from '../audit/checkpoint.ts'
import {
  type AuditHead,
  findNewestCheckpoint,
  listCheckpoints,
  listTrails,
} from '../audit/checkpoints.store.ts'
import { type TrailVerdict, verifyTrail } from '../audit/verify-trail.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import { instant } from '../db/database.ts'
import { type MerchantId, merchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type Command, isSandboxDirectory, pickMerchant, splitSubcommand } from './command.ts'
import { readInstant } from './instant.ts'
import { endProgress, print, showProgress } from './terminal.ts'

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Check, read and export the audit trail of acts and key use',
  help: `Usage: billkey audit verify [--merchant <number or name>] [--since <instant>] [--heads <file>]
       billkey audit list [--merchant <number or name>] [--actor <actor>] [--action <action>]
                          [--subject <subject>] [--since <instant>] [--until <instant>]
       billkey audit export [--merchant <number or name>] [--since <instant>]
       billkey audit head [--merchant <number or name>]

Each merchant has a trail: what operators, commands and API keys did, and sealed hour by hour what billing keys were
used for. Its events are linked by hashes, and signed with a key that is not in the database. --merchant
installation is the trail of what belongs to no merchant.

verify   holds the trail against itself, its signatures, and the exchanges, payments and cancels that were sealed.
         All trails unless one is named. Exit code 1 when something was changed, added or taken away.
         --since: only newer events; the one before them is believed. --heads: what 'audit head' has printed
         earlier and was kept elsewhere; it must still be there. Only this finds a whole database put back.
list     prints events as lines of JSON, oldest first; --action may end with a dot: 'channel.' is all of them
export   prints everything that checking without this program needs (docs/operate/audit.md)
head     prints the newest signed end of each trail: keep it where the database's administrators cannot write

Examples:
  billkey audit verify
  billkey audit head >> /mnt/elsewhere/heads.ndjson
  billkey audit list --action channel. --since 2027-01-01T00:00:00+09:00`,
  async run(args, config) {
    const names = ['verify', 'list', 'export', 'head'] as const
    const { name, rest } = splitSubcommand('audit', names, args)
    const { values } = parseArgs({ args: [...rest], options })
    // Not `withParts`, which signs at its end: looking must not change what is looked at.
    const parts = await openEverything(config, { isSandbox: await isSandboxDirectory(config) })
    try {
      await subcommands[name](parts, values)
    } finally {
      await parts.close()
    }
  },
}

const options = {
  merchant: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  heads: { type: 'string' },
  actor: { type: 'string' },
  action: { type: 'string' },
  subject: { type: 'string' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

const subcommands = { verify, list, export: exportTrail, head }

async function verify(parts: Parts, values: Values): Promise<void> {
  const sinceMs = maybeInstant(values.since)
  const keptHeads = values.heads === undefined ? [] : await readHeads(values.heads)
  const wanted = await wantedTrails(parts, values.merchant)
  const lost = keptHeads.map(({ owner }) => owner).filter((owner) => !wanted.includes(owner))
  const trails = values.merchant === undefined ? new Set([...wanted, ...lost]) : wanted
  let faults = 0
  for (const owner of trails) {
    const onProgress = (events: number) => showProgress(`${nameOf(owner)}: ${events} events`)
    // Of several heads of one trail the newest says most, yet each must hold.
    const heads = keptHeads.filter((kept) => kept.owner === owner).map((kept) => kept.head)
    const kept = new Map(heads.map((head) => [head.sequence, head]))
    const verdict = await verifyTrail(parts, owner, {
      sinceMs,
      kept: [...kept.values()],
      onProgress,
    })
    endProgress()
    report(owner, verdict)
    faults += verdict.findings.length
  }
  if (faults > 0) {
    throw new StartupError(
      'trail_broken',
      `${faults} findings: what they name was changed, added or taken away, or no worker runs`,
    )
  }
}

function report(
  owner: MerchantId,
  { events, seals, signedUpTo, head, findings }: TrailVerdict,
): void {
  const state = findings.length === 0 ? 'ok  ' : 'FAIL'
  print(
    `${state}  ${nameOf(owner)}: ${events} events and ${seals} seals of key use checked; ` +
      `the newest is ${head.sequence}, signed up to ${signedUpTo}`,
  )
  for (const { text } of findings) print(`      ${text}`)
}

async function list(parts: Parts, values: Values): Promise<void> {
  const owner = await pickTrail(parts, values.merchant)
  const { actor = null, action = null, subject = null } = values
  const [sinceMs, untilMs] = [maybeInstant(values.since), maybeInstant(values.until)]
  const filter = { actor, action, subject, sinceMs, untilMs }
  for (let after = 0; ;) {
    const page = await searchEvents(parts.db, owner, filter, { after, limit: pageSize })
    for (const event of page) {
      print(JSON.stringify({ ...shown(event), detail: JSON.parse(event.detail) as unknown }))
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.sequence
  }
}

const pageSize = 500

async function exportTrail(parts: Parts, values: Values): Promise<void> {
  const { db, masterKeys } = parts
  const owner = await pickTrail(parts, values.merchant)
  const sinceMs = maybeInstant(values.since)
  const first = sinceMs === null ? 1 : await findFirstSince(db, owner, sinceMs)
  if (first === null) return
  const publicKeys = Object.fromEntries(
    masterKeys.ids.map((id) => [id, publicKeyOf(masterKeys.get(id))]),
  )
  const [before] = await listChain(db, owner, { after: first - 2, limit: 1 })
  const previousHash = first === 1 ? '00'.repeat(32) : (before?.hash.toString('hex') ?? null)
  print(JSON.stringify({ kind: 'trail', merchantId: owner, previousHash, publicKeys }))
  for (let after = first - 1; ;) {
    const page = await listChain(db, owner, { after, limit: pageSize })
    const last = page.at(-1)
    if (last === undefined) return
    const range = { from: after + 1, to: last.sequence }
    const checkpoints = await listCheckpoints(db, owner, range)
    for (const event of page) {
      print(JSON.stringify({ kind: 'event', ...shown(event) }))
      const signed = checkpoints.find(({ sequence }) => sequence === event.sequence)
      if (signed !== undefined) print(JSON.stringify({ kind: 'checkpoint', ...signedText(signed) }))
    }
    after = last.sequence
  }
}

async function head(parts: Parts, values: Values): Promise<void> {
  for (const owner of await wantedTrails(parts, values.merchant)) {
    const newest = await findNewestCheckpoint(parts.db, owner, parts.masterKeys.ids)
    if (newest === undefined) continue
    const publicKey = publicKeyOf(parts.masterKeys.get(newest.masterKeyId))
    print(JSON.stringify({ ...signedText(newest), publicKey }))
  }
}

// `detail` stays the text that was hashed.
function shown({ recordedAtMs, hash, ...event }: AuditEvent) {
  return { ...event, recordedAt: instant(recordedAtMs), hash: hash.toString('hex') }
}

function signedText({ hash, signature, signedAtMs, ...checkpoint }: Checkpoint) {
  return {
    ...checkpoint,
    hash: hash.toString('hex'),
    signedAt: instant(signedAtMs),
    signature: signature.toString('base64'),
  }
}

interface KeptHead {
  readonly owner: MerchantId
  readonly head: AuditHead
}

async function readHeads(file: string): Promise<KeptHead[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StartupError('heads_unreadable', `${file} cannot be read`)
  })
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => readHead(line, file))
}

function readHead(line: string, file: string): KeptHead {
  try {
    const { merchantId: owner, sequence, hash } = JSON.parse(line) as Record<string, unknown>
    const isHead = Number.isInteger(owner) && Number.isInteger(sequence) && typeof hash === 'string'
    if (!isHead) throw new TypeError('not a head')
    const head = { sequence: Number(sequence), hash: Buffer.from(hash, 'hex') }
    return { owner: merchantId(Number(owner)), head }
  } catch {
    throw new StartupError('heads_malformed', `${file} has a line that 'audit head' did not print`)
  }
}

const installationName = 'installation'

function nameOf(owner: MerchantId): string {
  return owner === installationTrail ? installationName : `merchant ${owner}`
}

async function wantedTrails(parts: Parts, wanted: string | undefined): Promise<MerchantId[]> {
  return wanted === undefined ? listTrails(parts.db) : [await pickTrail(parts, wanted)]
}

async function pickTrail(parts: Parts, wanted: string | undefined): Promise<MerchantId> {
  if (wanted === installationName) return installationTrail
  return (await pickMerchant(parts, wanted)).merchantId
}

function maybeInstant(text: string | undefined): number | null {
  return text === undefined ? null : readInstant(text)
}
