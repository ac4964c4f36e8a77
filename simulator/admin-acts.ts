// What somebody does in the PG's own admin, past every merchant's server: a charge, or a cancel.

import { openTransaction } from './carry-out-payment.ts'
import type { NewEntry } from './ledger-entry.ts'
import type { ToldEntry } from './notifications.ts'
import type { PgState } from './pg-state.ts'
import { resultOf } from './result-codes.ts'

export type AdminAct =
  | { readonly kind: 'done'; readonly entry: ToldEntry }
  | { readonly kind: 'refused'; readonly message: string }

/** `{cpid, orderno, amount}`: a charge under any ORDERNO, also one that has been used. */
export function approveInAdmin(state: PgState, asked: unknown): AdminAct {
  const { cpid, orderno, amount } = fieldsOf(asked)
  if (typeof cpid !== 'string' || !state.contracts.has(cpid)) return refused('unknown cpid')
  if (typeof orderno !== 'string' || orderno === '') return refused('orderno must be a text')
  if (!isWon(amount)) return refused('amount must be a whole number of won')
  return write(state, {
    kind: 'approval',
    byAdmin: true,
    cpid,
    paymethod: 'CARD-SUGI',
    orderno,
    amountWon: amount,
    daoutrx: openTransaction(state),
    resultcode: resultOf('ok', state.settings).code,
    authno: state.random.digits(8),
    billtype: '18',
    quota: '00',
    taxfreecd: '00',
    card: '936600******0000',
    cardcode: 'CCLG',
    keyHash: '',
  })
}

/** `{daoutrx, amount}`: gives back of an approval what is left of it, at most. */
export function cancelInAdmin(state: PgState, asked: unknown): AdminAct {
  const { daoutrx, amount } = fieldsOf(asked)
  const approval = typeof daoutrx === 'string' ? state.ledger.approval(daoutrx) : undefined
  if (approval === undefined) return refused('unknown daoutrx')
  const { entry, cancelledWon } = approval
  if (!isWon(amount) || cancelledWon + amount > entry.amountWon)
    return refused('amount does not fit')
  return write(state, {
    kind: 'cancel',
    byAdmin: true,
    cpid: entry.cpid,
    paymethod: entry.paymethod.includes('BATCH') ? entry.paymethod : 'CARD',
    orderno: entry.orderno,
    amountWon: amount,
    daoutrx: entry.daoutrx,
    resultcode: resultOf('ok', state.settings).code,
    cancelId: state.settings.cancelId === 'own' ? openTransaction(state) : entry.daoutrx,
    cancelledWon: cancelledWon + amount,
    stoppedKeyHash: '',
  })
}

function write(state: PgState, entry: NewEntry): AdminAct {
  const [written] = state.ledger.append([entry], 'delivered', state.now())
  return { kind: 'done', entry: written as ToldEntry }
}

function fieldsOf(asked: unknown): Record<string, unknown> {
  return typeof asked === 'object' && asked !== null ? { ...asked } : {}
}

function isWon(amount: unknown): amount is number {
  return Number.isSafeInteger(amount) && Number(amount) > 0
}

function refused(message: string): AdminAct {
  return { kind: 'refused', message }
}
