// `billkey doctor`: looks at everything an installation stands on and says what to mend.

import { listArchives, sizeOfBulk } from '../archive/archives.store.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import { listMerchants } from '../accounts/accounts.store.ts'
import { listChannels } from '../accounts/channels.store.ts'
import { openLinkKey } from '../accounts/open-channel.ts'
import { installationTrail } from '../audit/audit-event.ts'
import { verifyTrail } from '../audit/verify-trail.ts'
import { findLatestBackups } from '../backup/backups.store.ts'
import { sql } from '../db/database.ts'
import { clockSkewMaxMs } from '../db/database-clock.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { listUnknownCancels } from '../payments/cancel-queries.store.ts'
import { listUnknown } from '../payments/payment-queries.store.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { pageOfDiscrepancies } from '../reconciliation/discrepancies.store.ts'
import { listHolds } from '../reconciliation/restore-holds.store.ts'
import { listReports } from '../reconciliation/reports.store.ts'
import { findEndpoint } from '../webhooks/endpoints.store.ts'
import type { Endpoint } from '../webhooks/webhook.ts'
import { type Command, isSandboxDirectory } from './command.ts'
import { inKorea, print } from './terminal.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check the installation and say what to mend',
  help: `Usage: billkey doctor

Checks the runtime, the database (version, durability, migrations, clock), the master key against every
merchant's sealed keys, backups, archives, channels, payments and cancels whose outcome is unknown, discrepancies, daily files,
paused webhook endpoints, and the last day of each audit trail.
Changes nothing. Exit code 1 when something needs mending.`,
  async run(_, config) {
    const parts = await openEverything(config, {
      isSandbox: await isSandboxDirectory(config),
      migrates: false,
    })
    try {
      const findings = await examine(parts)
      for (const { isGood, text } of findings) print(`${isGood ? 'ok  ' : 'MEND'}  ${text}`)
      const faults = findings.filter(({ isGood }) => !isGood).length
      if (faults > 0) throw new StartupError('faults_found', `${faults} of these need mending`)
    } finally {
      await parts.close()
    }
  },
}

interface Finding {
  readonly isGood: boolean
  readonly text: string
}

async function examine(parts: Parts): Promise<Finding[]> {
  const findings: Finding[] = [{ isGood: true, text: `Node ${process.version}` }]
  findings.push(...(await examineDatabase(parts)))
  const pending = await pendingMigrations(parts.db)
  findings.push({
    isGood: pending.length === 0,
    text:
      pending.length === 0
        ? 'the tables are up to date'
        : `${pending.length} migrations are missing: run 'billkey migrate'`,
  })
  if (pending.length === 0) {
    findings.push(...(await examineBackups(parts)), ...(await examineHolds(parts)))
    findings.push(await examineBulk(parts))
    findings.push(...(await examineMerchants(parts)))
  }
  return findings
}

const serverFactsStatement = sql(
  'server_facts',
  `select current_setting('server_version') as version,
     current_setting('server_version_num')::int as "versionNumber",
     current_setting('fsync') as fsync, current_setting('synchronous_commit') as "synchronousCommit",
     current_setting('synchronous_standby_names') as "synchronousStandbys",
     (select count(*) from pg_stat_replication) as standbys`,
)

interface ServerFacts {
  readonly version: string
  readonly versionNumber: number
  readonly fsync: string
  readonly synchronousCommit: string
  /** Empty: a commit waits for no standby. */
  readonly synchronousStandbys: string
  readonly standbys: number
}

async function examineDatabase(parts: Parts): Promise<Finding[]> {
  const { rows } = await parts.db.query<ServerFacts>(serverFactsStatement)
  const facts = rows[0] as ServerFacts
  const aheadMs = parts.nodeClock.aheadMs()
  const mayLose = facts.standbys > 0 && facts.synchronousStandbys === ''
  return [
    {
      isGood: facts.versionNumber >= 150_000,
      text: `PostgreSQL ${facts.version} (${parts.databaseSource}); 15 or newer is needed`,
    },
    {
      isGood: facts.fsync === 'on' && !['off', 'local'].includes(facts.synchronousCommit),
      text: `durable commits: fsync ${facts.fsync}, synchronous_commit ${facts.synchronousCommit}`,
    },
    {
      isGood: !mayLose,
      text: mayLose
        ? 'commits wait for no standby (synchronous_standby_names): a failover may lose the last payments'
        : `${facts.standbys} standbys; commits ${facts.synchronousStandbys === '' ? 'wait for none' : 'wait for them'}`,
    },
    {
      isGood: Math.abs(aheadMs) <= clockSkewMaxMs,
      text: `this machine's clock ${aheadMs === 0 ? "agrees with the database's" : `is ${Math.abs(aheadMs)} ms ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's, whose time is used instead`}`,
    },
  ]
}

// Where backups are made by billkey at all they are made at least weekly, and one was restored not long ago.
const backupAgeMaxMs = 8 * 24 * 3_600_000

async function examineBackups({ db, clock }: Parts): Promise<Finding[]> {
  const { madeAtMs, verifiedOfMs } = await findLatestBackups(db)
  if (madeAtMs === null) {
    return [
      {
        isGood: true,
        text: 'no backup was made with billkey backup yet: see docs/operate/backup.md',
      },
    ]
  }
  const isRecent = (atMs: number | null) => atMs !== null && clock.now() - atMs <= backupAgeMaxMs
  const ofVerified =
    verifiedOfMs === null ? 'none was restored yet' : `${inKorea(verifiedOfMs)} (KST) was restored`
  return [
    { isGood: isRecent(madeAtMs), text: `the last backup is of ${inKorea(madeAtMs)} (KST)` },
    { isGood: isRecent(verifiedOfMs), text: `the last backup that is proved: ${ofVerified}` },
  ]
}

// From here on a backup, its proof and a failover take noticeably longer for bytes that nobody looks at.
const bulkWorthArchivingBytes = 20 * 1024 ** 3
const bytesPerGigabyte = 1024 ** 3

async function examineBulk({ db }: Parts): Promise<Finding> {
  const bytes = await sizeOfBulk(db)
  const size = `exchanges and webhook attempts take ${(bytes / bytesPerGigabyte).toFixed(1)} GB`
  const advice = `${size}: 'billkey archive estimate' says what could go into a file (docs/operate/archive.md)`
  return { isGood: true, text: bytes < bulkWorthArchivingBytes ? size : advice }
}

// Long enough to bring a file that was written with --keep to where it is kept.
const thinningDueMs = 8 * 24 * 3_600_000

async function examineArchives(
  { db, clock }: Parts,
  { merchantId, name }: Named,
): Promise<Finding[]> {
  const begun = (await listArchives(db, merchantId)).filter(
    ({ thinnedAtMs }) => thinnedAtMs === null,
  )
  return begun.map(({ fileName, writtenAtMs }) => ({
    isGood: clock.now() - writtenAtMs < thinningDueMs,
    text: `${name}: archive ${fileName} of ${inKorea(writtenAtMs)} (KST) is still to be taken out of the tables: billkey archive thin`,
  }))
}

async function examineHolds({ db }: Parts): Promise<Finding[]> {
  return (await listHolds(db)).map(({ merchantId, restoredAtMs }) => ({
    isGood: false,
    text: `merchant ${merchantId} is held since a restore at ${inKorea(restoredAtMs)} (KST): billkey restore status`,
  }))
}

async function examineMerchants(parts: Parts): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { merchantId, name } of await listMerchants(parts.db)) {
    const channels = await listChannels(parts.db, merchantId)
    const enabled = channels.filter(({ disabledAtMs }) => disabledAtMs === null)
    findings.push({
      isGood: enabled.length > 0,
      text:
        enabled.length > 0
          ? `${name}: ${enabled.length} enabled channels`
          : `${name} has no enabled channel: billkey channel add`,
    })
    for (const channel of enabled) findings.push(await examineChannelKey(parts, channel))
    findings.push(...(await examineOutcomes(parts, { merchantId, name })))
    findings.push(await examineDiscrepancies(parts, { merchantId, name }))
    for (const channel of enabled) findings.push(...(await examineReports(parts, channel)))
    findings.push(...(await examineEndpoints(parts, { merchantId, name })))
    findings.push(...(await examineArchives(parts, { merchantId, name })))
    findings.push(await examineTrail(parts, { merchantId, name }))
  }
  findings.push(await examineTrail(parts, { merchantId: installationTrail, name: 'installation' }))
  return findings
}

type Named = Pick<Awaited<ReturnType<typeof listMerchants>>[number], 'merchantId' | 'name'>

async function examineOutcomes({ db }: Parts, { merchantId, name }: Named): Promise<Finding[]> {
  const counts = [
    ['payment', await listUnknown(db, merchantId)],
    ['cancel', await listUnknownCancels(db, merchantId)],
  ] as const
  return counts.map(([what, rows]) => {
    // Those on their way right now are listed too.
    const count = rows.filter(({ state }) => state === 'unknown').length
    return {
      isGood: count === 0,
      text:
        count === 0
          ? `${name}: no ${what} with an unknown outcome`
          : `${name}: ${count} ${what}s with an unknown outcome: billkey payment unknown`,
    }
  })
}

const discrepanciesShown = 1_000

async function examineDiscrepancies({ db }: Parts, { merchantId, name }: Named): Promise<Finding> {
  const page = { withResolved: false, limit: discrepanciesShown }
  const count = (await pageOfDiscrepancies(db, merchantId, page)).length
  return {
    isGood: count === 0,
    text:
      count === 0
        ? `${name}: no open discrepancy with PAYJOA`
        : `${name}: ${count} open discrepancies with PAYJOA: billkey discrepancy list`,
  }
}

async function examineReports(
  { db }: Parts,
  {
    merchantId,
    channelKey,
    pgId,
    reportPasswordSealed,
  }: Awaited<ReturnType<typeof listChannels>>[number],
): Promise<Finding[]> {
  if (reportPasswordSealed === null) return []
  const [latest] = await listReports(db, merchantId, channelKey)
  const failure = latest?.failure ?? null
  return [
    {
      isGood: failure === null,
      text:
        failure === null
          ? `the daily files of ${pgId} ${latest === undefined ? 'have not been asked for yet' : 'can be had'}`
          : `the daily file of ${pgId} for ${latest?.day} cannot be had: ${failure}`,
    },
  ]
}

async function examineEndpoints({ db }: Parts, { merchantId, name }: Named): Promise<Finding[]> {
  const endpoints = await Promise.all(
    [false, true].map((sandbox) => findEndpoint(db, { merchantId, sandbox })),
  )
  return endpoints
    .filter((endpoint) => endpoint !== undefined && endpoint.url !== null)
    .map((endpoint) => {
      const { mode, pausedAtMs } = endpoint as Endpoint
      return {
        isGood: pausedAtMs === null,
        text:
          pausedAtMs === null
            ? `${name}: the ${mode} webhook endpoint is not paused`
            : `${name}: the ${mode} webhook endpoint is paused: billkey webhooks endpoint resume --mode ${mode}`,
      }
    })
}

const trailLookedAtMs = 86_400_000

// All of it may take long: that is for `billkey audit verify`.
async function examineTrail(parts: Parts, { merchantId, name }: Named): Promise<Finding> {
  const sinceMs = parts.clock.now() - trailLookedAtMs
  const options = { sinceMs, kept: [], onProgress: () => undefined }
  const { findings } = await verifyTrail(parts, merchantId, options)
  return {
    isGood: findings.length === 0,
    text:
      findings.length === 0
        ? `${name}: the audit trail of the last day holds together`
        : `${name}: the audit trail is broken or not sealed (${findings[0]?.text}): billkey audit verify`,
  }
}

async function examineChannelKey(
  parts: Parts,
  channel: Awaited<ReturnType<typeof listChannels>>[number],
): Promise<Finding> {
  try {
    await openLinkKey(parts.vault, channel)
    return { isGood: true, text: `the link key of ${channel.pgId} opens with this master key` }
  } catch {
    return {
      isGood: false,
      text: `the link key of ${channel.pgId} does not open: is BILLKEY_MASTER_KEY (or …_PREVIOUS) the right one?`,
    }
  }
}
