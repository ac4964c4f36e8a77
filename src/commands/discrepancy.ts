// `billkey discrepancy`: where our books and PAYJOA's disagree, and what was done about it.

import { parseArgs } from 'node:util'

import type { Parts } from '../compose/parts.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  type Discrepancy,
  findDiscrepancy,
  pageOfDiscrepancies,
  resolveDiscrepancy,
} from '../reconciliation/discrepancies.store.ts'
import type { DiscrepancyKind } from '../reconciliation/judge-fact.ts'
import { cliActor, type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const discrepancyCommand: Command = {
  name: 'discrepancy',
  summary: 'List where the books and PAYJOA disagree, and say what was done about it',
  help: `Usage: billkey discrepancy list [--all] [--merchant <number or name>]
       billkey discrepancy show <id>
       billkey discrepancy resolve <id> --reason <text>

A discrepancy is money that moved in a way our books cannot explain: found by a notification or a daily file of
PAYJOA, or by an answer that came too late. It changes nothing by itself. Look into PAYJOA's merchant admin, set
it right, and say what you did. --all lists resolved ones too; 'show' says what each kind means.

Examples:
  billkey discrepancy list
  billkey discrepancy show 5f3c1f0e-7a40-4c0e-9d1c-0a5b7a3f1a11
  billkey discrepancy resolve 5f3c1f0e-7a40-4c0e-9d1c-0a5b7a3f1a11 --reason "refunded in the PG admin"`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('discrepancy', ['list', 'show', 'resolve'], args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: {
        merchant: { type: 'string' },
        all: { type: 'boolean', default: false },
        reason: { type: 'string' },
      },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      if (name === 'list') return list(parts, merchantId, values.all)
      const found = await find(parts, merchantId, positionals[0])
      return name === 'show'
        ? show(found)
        : resolve(parts, { merchantId, found, reason: values.reason })
    })
  },
}

const listMax = 1_000

async function list({ db }: Parts, merchantId: MerchantId, withResolved: boolean): Promise<void> {
  const found = await pageOfDiscrepancies(db, merchantId, { withResolved, limit: listMax })
  if (found.length === 0) {
    print(withResolved ? 'no discrepancy was ever found' : 'no open discrepancy')
    return
  }
  printTable(
    ['id', 'kind', 'order number', 'won', 'found (KST)', ...(withResolved ? ['resolved'] : [])],
    found.map((one) => [
      one.discrepancyId,
      one.kind,
      one.orderNumber,
      String(one.amountWon),
      inKorea(one.raisedAtMs),
      ...(withResolved ? [one.resolvedAtMs === null ? '' : inKorea(one.resolvedAtMs)] : []),
    ]),
  )
  if (found.length === listMax) print(`the newest ${listMax} are shown`)
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function find(
  { db }: Parts,
  merchantId: MerchantId,
  id: string | undefined,
): Promise<Discrepancy> {
  const found =
    id === undefined || !idPattern.test(id) ? undefined : await findDiscrepancy(db, merchantId, id)
  if (found !== undefined) return found
  throw new StartupError(
    'no_such_discrepancy',
    `name a discrepancy by its id: see 'billkey discrepancy list'`,
  )
}

/** What each kind is, and what to do. */
const meanings: Readonly<Record<DiscrepancyKind, string>> = {
  late_approval:
    'The payment had failed in our books, and then PAYJOA turned out to have taken the money. The detail says whether it\n' +
    'is paid now, goes back by itself, or has to be given back in the PG admin because its order was paid again.',
  charged_twice:
    'PAYJOA has a second approval under the order number of one payment. Give the one back that is not in our books.',
  foreign_charge:
    'PAYJOA has an approval that is none of our payments: made in its admin, by another program, or lost to us by a\n' +
    'restore of an older backup. Find out who made it.',
  foreign_cancel:
    'Money went back that nobody asked us to give back, or that our books call kept. Compare the payment in the PG admin.',
  amount_differs:
    'PAYJOA tells of another amount than the payment has. Nothing was booked. Look it up in the PG admin.',
  missing_at_gateway:
    'Our books say paid, or given back, and the whole file of that day does not have it. Look it up in the PG admin.',
}

function show(one: Discrepancy): void {
  const lines: readonly (readonly [string, string])[] = [
    ['id', one.discrepancyId],
    ['kind', one.kind],
    ['channel', one.channelKey],
    ['imp_uid', one.impUid ?? 'none of ours'],
    ['order number', one.orderNumber],
    ['PG transaction', one.transactionId ?? ''],
    ['won', String(one.amountWon)],
    ['detail', one.detail],
    ['found (KST)', inKorea(one.raisedAtMs)],
    [
      'resolved',
      one.resolvedAtMs === null
        ? 'no'
        : `${inKorea(one.resolvedAtMs)} by ${one.resolvedBy}: ${one.resolution}`,
    ],
  ]
  for (const [name, value] of lines) print(`${name.padEnd(16)}${value}`.trimEnd())
  print('')
  print(meanings[one.kind])
}

async function resolve(
  { db, clock, ids }: Parts,
  {
    merchantId,
    found,
    reason = '',
  }: {
    readonly merchantId: MerchantId
    readonly found: Discrepancy
    readonly reason: string | undefined
  },
): Promise<void> {
  if (reason.trim() === '') {
    throw new StartupError('reason_missing', 'say what was done with --reason')
  }
  const { discrepancyId } = found
  const isResolved = await resolveDiscrepancy(
    db,
    { merchantId, discrepancyId },
    {
      actor: cliActor(),
      resolution: reason.trim(),
      atMs: clock.now(),
      eventId: ids.uuid(),
    },
  )
  if (!isResolved) {
    throw new StartupError('discrepancy_resolved', `${discrepancyId} has been resolved before`)
  }
  print(`${discrepancyId} is resolved`)
}
