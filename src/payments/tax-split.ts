// How an amount splits for value-added tax. PAYJOA is told the kind (taxable, exempt, mixed) and the tax-free part,
// and takes the tax itself to be one eleventh of the rest: there is no field for it. What an order says beyond
// that is refused where it would be taken for something else in silence.

import type { Channel } from '../accounts/channel.ts'
import type { TaxSplit } from '../gateways/gateway.ts'
import { formatWon, vatWonWithin } from '../primitives/money.ts'

/** What V1 says of an order's tax. */
export interface OrderTax {
  readonly amountWon: number
  readonly taxFreeWon: number
  /** Null: one eleventh of what is not tax-free (V1). */
  readonly vatWon: number | null
}

export interface TaxFault {
  /** V1's parameter. */
  readonly parameter: 'tax_free' | 'vat_amount'
  /** Korean. */
  readonly message: string
}

/**
 * What the gateway is told. Total, since a payment of the past has its split whatever is refused today. Zero-rated
 * (V1: `tax_free=0, vat_amount=0`) travels as exempt: neither has tax in it, and PAYJOA has no code of its own
 * for it. The merchant's books tell the two apart by `vat_amount`.
 */
export function taxSplitOf(order: OrderTax, taxMode: Channel['taxMode']): TaxSplit {
  const { amountWon, taxFreeWon } = order
  if (taxMode === 'taxable') return { mode: 'taxable', taxFreeWon: 0 }
  if (taxMode === 'exempt' || taxFreeWon === amountWon || isZeroRated(order)) {
    return { mode: 'exempt', taxFreeWon: amountWon }
  }
  return taxFreeWon === 0 ? { mode: 'taxable', taxFreeWon: 0 } : { mode: 'mixed', taxFreeWon }
}

/** Of less than eleven won the tax is none anyway. */
function isZeroRated({ amountWon, taxFreeWon, vatWon }: OrderTax): boolean {
  return taxFreeWon === 0 && vatWon === 0 && vatWonWithin(amountWon) > 0
}

/** What of the order the gateway would take differently; null: nothing. */
export function taxFaultOf(order: OrderTax, taxMode: Channel['taxMode']): TaxFault | null {
  switch (taxMode) {
    case 'taxable':
      return faultOfTaxable(order)
    case 'exempt':
      return faultOfExempt(order)
    case 'per_payment':
      return isZeroRated(order) ? null : faultOfVat(order)
  }
}

function faultOfTaxable(order: OrderTax): TaxFault | null {
  if (order.taxFreeWon === 0) return faultOfVat(order)
  return {
    parameter: 'tax_free',
    message: `과세 전용 채널이므로 면세 금액을 지정할 수 없습니다. 요청하신 면세 금액: ${formatWon(order.taxFreeWon)}`,
  }
}

// V1's default of tax_free is 0, so 0 says nothing: on such a contract all of it is exempt.
function faultOfExempt({ amountWon, taxFreeWon, vatWon }: OrderTax): TaxFault | null {
  if (taxFreeWon !== 0 && taxFreeWon !== amountWon) {
    return {
      parameter: 'tax_free',
      message: `면세 전용 채널이므로 결제 금액 ${formatWon(amountWon)} 전액이 면세로 처리됩니다. 요청하신 면세 금액: ${formatWon(taxFreeWon)}`,
    }
  }
  if (vatWon === null || vatWon === 0) return null
  return {
    parameter: 'vat_amount',
    message: `면세 전용 채널이므로 부가세를 지정할 수 없습니다. 요청하신 부가세: ${formatWon(vatWon)}`,
  }
}

// Merchants round the eleventh down, up or to the nearest; which of these PAYJOA does is not known, and a won between
// them is no contradiction.
function faultOfVat({ amountWon, taxFreeWon, vatWon }: OrderTax): TaxFault | null {
  const taxableWon = amountWon - taxFreeWon
  if (vatWon === null || Math.abs(vatWon * 11 - taxableWon) < 11) return null
  return {
    parameter: 'vat_amount',
    message: `PG사가 부가세를 과세 금액의 1/11로 계산하므로 다른 금액은 지정할 수 없습니다. 과세 금액 ${formatWon(taxableWon)}의 부가세: ${formatWon(vatWonWithin(taxableWon))}, 요청하신 부가세: ${formatWon(vatWon)}`,
  }
}
