// `billkey keys`: the vault's keys.

import { parseArgs } from 'node:util'

import { linkKeyPurpose, reportPasswordPurpose } from '../accounts/add-channel.ts'
import { installationTrail } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { listTrails } from '../audit/checkpoints.store.ts'
import { gatewayKeyPurpose } from '../billing-keys/billing-key.ts'
import type { Parts } from '../compose/parts.ts'
import { totpSecretPurpose } from '../operators/operator.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type RotationResult, rotateKeys } from '../vault/rotate-keys.ts'
import type { SealedColumn } from '../vault/sealed-columns.store.ts'
import { webhookSecretPurpose } from '../webhooks/webhook.ts'
import { cliAct, type Command, splitSubcommand, withParts } from './command.ts'
import { readInstant } from './instant.ts'
import { onStopSignal } from './stop-signal.ts'
import { endProgress, print, showProgress } from './terminal.ts'

/** Every sealed column of the database. Rotation refuses to run when the database has another one. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'operators',
    keyColumns: ['operator_id'],
    sealedColumn: 'totp_secret_sealed',
    purpose: totpSecretPurpose,
    rowNameColumn: 'operator_id',
  },
  {
    table: 'channels',
    keyColumns: ['channel_key'],
    sealedColumn: 'link_key_sealed',
    purpose: linkKeyPurpose,
    rowNameColumn: 'channel_key',
  },
  {
    table: 'channels',
    keyColumns: ['channel_key'],
    sealedColumn: 'report_password_sealed',
    purpose: reportPasswordPurpose,
    rowNameColumn: 'channel_key',
  },
  {
    table: 'billing_keys',
    keyColumns: ['customer_uid'],
    sealedColumn: 'gateway_key_sealed',
    purpose: gatewayKeyPurpose,
    rowNameColumn: 'customer_uid',
  },
  {
    table: 'pending_billing_keys',
    keyColumns: ['imp_uid'],
    sealedColumn: 'gateway_key_sealed',
    purpose: gatewayKeyPurpose,
    rowNameColumn: 'customer_uid',
  },
  ...['secret_sealed', 'secret_previous_sealed'].map((sealedColumn) => ({
    table: 'webhook_endpoints',
    keyColumns: ['sandbox'],
    sealedColumn,
    purpose: webhookSecretPurpose,
    rowNameColumn: 'mode',
  })),
]

export const keysCommand: Command = {
  name: 'keys',
  summary: 'Rotate the keys of the vault, online',
  help: `Usage: billkey keys rotate [--new-data-keys [--since <instant>]]

Puts every merchant's data keys under the current master key. Runs beside live traffic, shows its progress, and
may be stopped at any moment (Ctrl-C, kill) and started again: it goes on with what is left.

To change the master key:
  1. set BILLKEY_MASTER_KEY to the new key and BILLKEY_MASTER_KEY_PREVIOUS to the old one, on every process
  2. billkey keys rotate
  3. when it says that no key is left under an old master key, remove BILLKEY_MASTER_KEY_PREVIOUS

Options:
  --new-data-keys       also give every merchant a new data key and seal everything again under it. A replaced
                        data key is kept for a day, until no process can still be using it
  --since <instant>     with --new-data-keys: resume a rotation that was started at this instant

Examples:
  billkey keys rotate
  billkey keys rotate --new-data-keys`,
  async run(args, config) {
    const { rest } = splitSubcommand('keys', ['rotate'], args)
    const { values } = parseArgs({
      args: [...rest],
      options: { 'new-data-keys': { type: 'boolean', default: false }, since: { type: 'string' } },
    })
    await withParts(config, async (parts) => {
      const { db, masterKeys, clock } = parts
      const startedAtMs = values.since === undefined ? clock.now() : readInstant(values.since)
      if (values['new-data-keys']) {
        print(`started at ${new Date(startedAtMs).toISOString()} (to resume: --since this instant)`)
      }
      const stop = new AbortController()
      void onStopSignal().then(() => stop.abort())
      const result = await rotateKeys({
        database: db,
        masterKeys,
        clock,
        columns: sealedColumns,
        newDataKeys: values['new-data-keys'],
        startedAtMs,
        signal: stop.signal,
        onProgress: ({ step, done, total }) => showProgress(`${step} ${done}/${total}`),
      })
      await recordRotation(parts, result)
      report(result)
    })
  },
}

// In every trail, so that each gets a signature under the current master key while the one before it can be checked.
async function recordRotation(parts: Parts, { kind, ...result }: RotationResult): Promise<void> {
  const { db, masterKeys } = parts
  const rotated = { masterKeyId: masterKeys.current.id }
  for (const owner of new Set([installationTrail, ...(await listTrails(db))])) {
    const { rewrapped, renewed, resealed, deleted } = result
    const counts = { rewrapped, renewed, resealed, deleted }
    const detail = owner === installationTrail ? { ...rotated, ...counts } : rotated
    const done = { action: `vault.rotation_${kind}`, subject: masterKeys.current.id, detail }
    await recordAct(db, owner, done, cliAct(parts))
  }
}

function report(result: RotationResult): void {
  endProgress()
  print(
    `${result.kind}: ${result.rewrapped} data keys put under the current master key, ` +
      `${result.renewed} merchants given a new one, ${result.resealed} values sealed again, ` +
      `${result.deleted} old data keys deleted, ${result.kept} kept for now`,
  )
  print(
    result.underPreviousMasterKeys === 0
      ? 'no data key is under an old master key: BILLKEY_MASTER_KEY_PREVIOUS can be removed'
      : `${result.underPreviousMasterKeys} data keys are still under an old master key`,
  )
  for (const broken of result.brokenValues) print(`does not open: ${JSON.stringify(broken)}`)
  if (result.kind === 'stopped') print('run it again to go on')
  if (result.broken > 0 || result.damagedDataKeys.length > 0) {
    throw new StartupError(
      'vault_damaged',
      `${result.broken} sealed values and ${result.damagedDataKeys.length} data keys do not open; they were left alone`,
    )
  }
}
