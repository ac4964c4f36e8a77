// The books' side of a cancel. Money goes back only for an approval of the same contract, under the
// PAYMETHOD its approval maps to, and never more of it than is left.

import { merchantFields, openTransaction, succeed, type Effect } from './carry-out-payment.ts'
import type { CancelRequest } from './execute-request.ts'
import { kstStamp } from './kst.ts'
import type { Approval } from './ledger.ts'
import type { PgState } from './pg-state.ts'
import { resultOf, type Result, type ResultName } from './result-codes.ts'

/** Approved with → cancelled as (integrated cancel manual V2.0). */
const cancelMethods: Readonly<Record<string, string>> = {
  'CARD-SUGI': 'CARD',
  'CARDK-SUGI': 'CARDK',
  'CARD-KEYGEN': 'CARD',
  'CARDK-KEYGEN': 'CARDK',
  'CARD-BATCH': 'CARD-BATCH',
  'CARDK-BATCH': 'CARDK-BATCH',
}

export function carryOutCancel(
  state: PgState,
  request: CancelRequest,
  forced: Result | null,
): Effect {
  const approval = approvalOf(state, request)
  const name =
    approval === undefined ? 'unknown_transaction' : cancelRefusal(state, request, approval)
  const refusal = forced ?? (name === null ? null : resultOf(name, state.settings))
  if (approval === undefined || refusal !== null) {
    const result = refusal ?? resultOf('unknown_transaction', state.settings)
    return refuseCancel(request, approval, result)
  }
  return cancel(state, request, approval)
}

/** The approval a cancel is about; another contract's transactions look absent. */
export function approvalOf(state: PgState, request: CancelRequest): Approval | undefined {
  const approval = state.ledger.approval(request.daoutrx)
  return approval?.entry.cpid === request.contract.cpid ? approval : undefined
}

function cancelRefusal(
  state: PgState,
  request: CancelRequest,
  approval: Approval,
): ResultName | null {
  if (cancelMethods[approval.entry.paymethod] !== request.paymethod) return 'pay_method_refused'
  if (request.stopsKey) {
    return state.ledger.key(approval.entry.keyHash)?.stopped === true ? 'stopped_key' : null
  }
  const leftWon = approval.entry.amountWon - approval.cancelledWon
  if (leftWon === 0) return 'already_cancelled'
  if (request.amountWon > leftWon) return 'over_cancel'
  const max = state.settings.partialCancelsMax
  // The cancel that returns all the rest ends the row, and is always allowed.
  if (max > 0 && request.amountWon < leftWon && approval.cancels >= max) {
    return 'partial_cancel_refused'
  }
  return null
}

function cancel(state: PgState, request: CancelRequest, approval: Approval): Effect {
  const { entry } = approval
  const cancelId = state.settings.cancelId === 'own' ? openTransaction(state) : entry.daoutrx
  const result = resultOf('ok', state.settings)
  return succeed(
    state,
    [
      {
        kind: 'cancel',
        cpid: entry.cpid,
        paymethod: request.paymethod,
        orderno: entry.orderno,
        amountWon: request.amountWon,
        daoutrx: entry.daoutrx,
        resultcode: result.code,
        cancelId,
        cancelledWon: approval.cancelledWon + request.amountWon,
        stoppedKeyHash: request.stopsKey ? entry.keyHash : '',
      },
    ],
    {
      TRXID: cancelId,
      DAOUTRX: cancelId,
      ORDERNO: entry.orderno,
      AMOUNT: String(request.amountWon),
      CANCELDATE: kstStamp(state.now()),
      ...merchantFields,
    },
    ['DAOUTRX', 'ORDERNO', 'CPNAME', 'CPURL', 'CPTELNO'],
  )
}

function refuseCancel(
  request: CancelRequest,
  approval: Approval | undefined,
  refusal: Result,
): Effect {
  return {
    entries: [
      {
        kind: 'decline',
        cpid: request.contract.cpid,
        paymethod: request.paymethod,
        orderno: approval?.entry.orderno ?? '',
        amountWon: request.amountWon,
        daoutrx: approval?.entry.daoutrx ?? '',
        resultcode: refusal.code,
        message: refusal.message,
      },
    ],
    result: refusal,
    fields: { TRXID: request.daoutrx },
  }
}
