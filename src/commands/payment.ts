// `billkey payment`: what an operator does about payments whose outcome is unknown.

import { parseArgs } from 'node:util'

import type { Parts } from '../compose/parts.ts'
import { listUnknownCancels } from '../payments/cancel-queries.store.ts'
import { listUnknown } from '../payments/payment-queries.store.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type OperatorVerdict, settleByOperator } from '../reconciliation/settle-by-operator.ts'
import {
  type CancelVerdict,
  settleCancelByOperator,
} from '../reconciliation/settle-cancel-by-operator.ts'
import { cliActor, type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const paymentCommand: Command = {
  name: 'payment',
  summary: 'List payments and cancels with an unknown outcome and settle one with evidence',
  help: `Usage: billkey payment unknown [--merchant <number or name>]
       billkey payment settle <imp_uid> --charged --transaction-id <DAOUTRX> [--approval-number <AUTHNO>]
                              --reason <text>
       billkey payment settle <imp_uid> --not-charged --reason <text>
       billkey payment settle-cancel <imp_uid> --cancelled [--transaction-id <TRXID>] [--cancel <id>]
                                     --reason <text>
       billkey payment settle-cancel <imp_uid> --not-cancelled [--cancel <id>] --reason <text>

An unknown payment may have been charged: the request left and no trustworthy answer came. Look its order
number up in PAYJOA's merchant admin (the order number is the imp_uid), then say what you found. On a live
channel "not charged" may be said two hours after the payment at the earliest, when PAYJOA has stopped
repeating its notification. What you say is kept with the payment.

An unknown cancel may have given the money back. Its amount stays reserved, so it cannot be given back twice:
look the transaction up, and say whether it was cancelled. --cancel names one of several.

Examples:
  billkey payment unknown
  billkey payment settle imps_123456789012 --charged --transaction-id CTS26112212000012345 \\
    --reason "found in the PG admin, approved 12:00:03"
  billkey payment settle-cancel imps_123456789012 --not-cancelled --reason "still approved in the PG admin"`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('payment', ['unknown', 'settle', 'settle-cancel'], args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: settleOptions,
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      if (name === 'unknown') return listThem(parts, merchantId)
      if (name === 'settle-cancel') {
        return settleCancel(parts, cancelVerdictOf(merchantId, positionals[0], values))
      }
      return settle(parts, verdictOf(merchantId, positionals[0], values))
    })
  },
}

const settleOptions = {
  merchant: { type: 'string' },
  charged: { type: 'boolean', default: false },
  'not-charged': { type: 'boolean', default: false },
  'transaction-id': { type: 'string' },
  'approval-number': { type: 'string' },
  cancelled: { type: 'boolean', default: false },
  'not-cancelled': { type: 'boolean', default: false },
  cancel: { type: 'string' },
  reason: { type: 'string' },
} as const

async function listThem(parts: Parts, merchantId: MerchantId): Promise<void> {
  const payments = await listUnknown(parts.db, merchantId)
  printTable(
    ['imp_uid', 'merchant_uid', 'won', 'state', 'since (KST)', 'PG transaction'],
    payments.map((payment) => [
      payment.impUid,
      payment.merchantUid,
      String(payment.amountWon),
      payment.state,
      inKorea(payment.startedAtMs),
      payment.pgTid ?? '',
    ]),
  )
  const cancels = await listUnknownCancels(parts.db, merchantId)
  if (cancels.length === 0) return
  print('')
  printTable(
    ['imp_uid', 'cancel', 'won back', 'state', 'since (KST)'],
    cancels.map((cancel) => [
      cancel.impUid,
      cancel.cancelId,
      String(cancel.amountWon),
      cancel.state,
      inKorea(cancel.startedAtMs),
    ]),
  )
}

interface SettleValues {
  readonly charged?: boolean
  readonly 'not-charged'?: boolean
  readonly 'transaction-id'?: string
  readonly 'approval-number'?: string
  readonly cancelled?: boolean
  readonly 'not-cancelled'?: boolean
  readonly cancel?: string
  readonly reason?: string
}

function verdictOf(
  merchantId: MerchantId,
  impUid: string | undefined,
  values: SettleValues,
): OperatorVerdict {
  const common = commonOf(merchantId, impUid, values)
  if (values.charged === values['not-charged']) {
    throw new StartupError('verdict_missing', 'say either --charged or --not-charged')
  }
  if (values.charged !== true) return { ...common, verdict: { kind: 'not_charged' } }
  const transactionId = values['transaction-id']?.trim() ?? ''
  if (transactionId === '') {
    throw new StartupError(
      'transaction_missing',
      'a charged payment needs --transaction-id (DAOUTRX)',
    )
  }
  const approvalNumber = values['approval-number'] ?? null
  return { ...common, verdict: { kind: 'charged', transactionId, approvalNumber } }
}

function cancelVerdictOf(
  merchantId: MerchantId,
  impUid: string | undefined,
  values: SettleValues,
): CancelVerdict {
  const common = { ...commonOf(merchantId, impUid, values), cancelId: values.cancel ?? null }
  if (values.cancelled === values['not-cancelled']) {
    throw new StartupError('verdict_missing', 'say either --cancelled or --not-cancelled')
  }
  if (values.cancelled !== true) return { ...common, verdict: { kind: 'not_cancelled' } }
  const transactionId = values['transaction-id']?.trim() ?? ''
  return {
    ...common,
    verdict: { kind: 'cancelled', transactionId: transactionId === '' ? null : transactionId },
  }
}

function commonOf(merchantId: MerchantId, impUid: string | undefined, values: SettleValues) {
  if (impUid === undefined) throw new StartupError('imp_uid_missing', 'name the imp_uid')
  const reason = values.reason?.trim() ?? ''
  if (reason === '') throw new StartupError('reason_missing', 'say why with --reason')
  return { merchantId, impUid, reason, actor: cliActor() }
}

async function settleCancel(parts: Parts, verdict: CancelVerdict): Promise<void> {
  const result = await settleCancelByOperator(parts, verdict)
  switch (result.kind) {
    case 'settled': {
      const { cancel, payment } = result
      const done = cancel.state === 'done' ? 'was given back' : 'was not given back'
      print(`${cancel.amountWon} won of ${payment.impUid} ${done}; it is ${payment.state}`)
      return
    }
    case 'absent':
      throw new StartupError(
        'no_such_cancel',
        `${verdict.impUid} has no such cancel with an unknown outcome: see 'billkey payment unknown'`,
      )
    case 'several':
      throw new StartupError(
        'cancel_ambiguous',
        `name one with --cancel: ${result.cancels.map(({ cancelId }) => cancelId).join(', ')}`,
      )
    case 'too_early':
      throw new StartupError(
        'too_early',
        `PAYJOA may still announce this cancel: "not cancelled" may be said from ${inKorea(result.earliestMs)} KST`,
      )
  }
}

async function settle(parts: Parts, verdict: OperatorVerdict): Promise<void> {
  const result = await settleByOperator(parts, verdict)
  switch (result.kind) {
    case 'settled':
      print(
        result.payment.giveBack === null
          ? `${result.payment.impUid} is ${result.payment.state}`
          : `${result.payment.impUid} was charged, and goes back: its channel keeps no late approvals`,
      )
      return
    case 'absent':
      throw new StartupError('no_such_payment', `there is no payment ${verdict.impUid}`)
    case 'not_unknown':
      throw new StartupError(
        'payment_not_unknown',
        `${verdict.impUid} is ${result.payment.state}: only an unknown payment is settled by hand`,
      )
    case 'too_early':
      throw new StartupError(
        'too_early',
        `PAYJOA may still announce this charge: "not charged" may be said from ${inKorea(result.earliestMs)} KST`,
      )
  }
}
