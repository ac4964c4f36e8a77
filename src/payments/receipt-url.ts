// Where the buyer sees the card slip: a page of PAYJOA's merchant admin, named by DAOUTRX.

import type { DoneCancel, Payment } from './payment.ts'

// Test and live admins cannot see each other's transactions.
const liveHost = 'agent.kiwoompay.co.kr'
const testHost = 'agenttest.kiwoompay.co.kr'

/**
 * The receipt of a payment that was approved, or null. STATUS 11 is the approval slip, 12 the cancel,
 * 16 a partial cancel.
 */
export function receiptUrlOf(payment: Payment): string | null {
  if (payment.paidAtMs === null) return null
  return slipOf(payment, payment.pgTid, receiptStatusOf(payment))
}

/** The slip of one cancel. */
export function cancelReceiptUrlOf(payment: Payment, cancel: DoneCancel): string | null {
  const isWhole = cancel.amountWon === payment.amountWon
  return slipOf(payment, cancel.pgTid ?? payment.pgTid, isWhole ? '12' : '16')
}

type SlipStatus = '11' | '12' | '16'

function slipOf({ sandbox }: Payment, pgTid: string | null, status: SlipStatus): string | null {
  if (pgTid === null) return null
  const host = sandbox ? testHost : liveHost
  return `https://${host}/common/PayInfoPrintDirectCard.jsp?DAOUTRX=${encodeURIComponent(pgTid)}&STATUS=${status}`
}

function receiptStatusOf(payment: Payment): SlipStatus {
  if (payment.cancelAmountWon === 0) return '11'
  return payment.cancelAmountWon === payment.amountWon ? '12' : '16'
}
