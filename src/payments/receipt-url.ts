// Where the buyer sees the card slip: a page of PAYJOA's merchant admin, named by DAOUTRX.

import type { Payment } from './payment.ts'

// Test and live admins cannot see each other's transactions.
const liveHost = 'agent.kiwoompay.co.kr'
const testHost = 'agenttest.kiwoompay.co.kr'

/**
 * The receipt of a payment that was approved, or null. STATUS 11 is the approval slip, 12 the cancel,
 * 16 a partial cancel.
 */
export function receiptUrlOf(payment: Payment): string | null {
  if (payment.pgTid === null || payment.paidAtMs === null) return null
  const host = payment.sandbox ? testHost : liveHost
  const status = receiptStatusOf(payment)
  return `https://${host}/common/PayInfoPrintDirectCard.jsp?DAOUTRX=${encodeURIComponent(payment.pgTid)}&STATUS=${status}`
}

function receiptStatusOf(payment: Payment): '11' | '12' | '16' {
  if (payment.cancelAmountWon === 0) return '11'
  return payment.cancelAmountWon === payment.amountWon ? '12' : '16'
}
