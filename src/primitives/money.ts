// Money is a whole number of won in a JavaScript integer: no floats, no other currency.

/**
 * The largest amount we accept, in won. PAYJOA's AMOUNT field is ten digits wide
 * (payment approval manual: AMOUNT, digits only, 10 bytes).
 */
export const amountWonMax = 9_999_999_999

export function isAmountWon(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= amountWonMax
}

/** Value-added tax contained in a taxable total: one eleventh, fractions of a won dropped. */
export function vatWonWithin(taxableWon: number): number {
  return Math.floor(taxableWon / 11)
}

/** `49,999원`, for messages. */
export function formatWon(won: number): string {
  return `${won.toLocaleString('ko-KR')}원`
}
