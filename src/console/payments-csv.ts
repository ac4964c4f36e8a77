// The list of payments as a file for Excel. It is read and sent page by page, so that fifty thousand rows need no more
// memory than fifty. Its last line says how many there were: a file without it was cut off.

import { Readable } from 'node:stream'

import type { Queryable } from '../db/database.ts'
import type { Place } from '../db/walk-rows.ts'
import { searchPayments, type PaymentFilter } from '../payments/payment-search.store.ts'
import { type Payment, statusOf } from '../payments/payment.ts'
import { receiptUrlOf } from '../payments/receipt-url.ts'
import type { MerchantId } from '../primitives/ids.ts'

export type CsvLanguage = 'ko' | 'en'

interface Column {
  readonly ko: string
  readonly en: string
  readonly value: (payment: Payment) => string | number | null
}

const columns: readonly Column[] = [
  { ko: '결제번호(imp_uid)', en: 'imp_uid', value: ({ impUid }) => impUid },
  { ko: '주문번호(merchant_uid)', en: 'merchant_uid', value: ({ merchantUid }) => merchantUid },
  { ko: '상태', en: 'state', value: ({ state }) => state },
  { ko: 'V1 상태', en: 'V1 status', value: statusOf },
  { ko: '결제금액(원)', en: 'amount (won)', value: ({ amountWon }) => amountWon },
  { ko: '취소금액(원)', en: 'cancelled (won)', value: ({ cancelAmountWon }) => cancelAmountWon },
  { ko: '면세금액(원)', en: 'tax-free (won)', value: ({ taxFreeWon }) => taxFreeWon },
  { ko: '할부개월', en: 'instalments', value: ({ cardQuota }) => cardQuota },
  { ko: '결제수단', en: 'method', value: ({ method }) => method },
  { ko: '상품명', en: 'name', value: ({ name }) => name },
  { ko: '구매자', en: 'buyer', value: ({ buyerName }) => buyerName },
  { ko: '구매자 이메일', en: 'buyer e-mail', value: ({ buyerEmail }) => buyerEmail },
  { ko: '구매자 전화번호', en: 'buyer telephone', value: ({ buyerTel }) => buyerTel },
  { ko: '고객(customer_uid)', en: 'customer_uid', value: ({ customerUid }) => customerUid },
  { ko: '카드사', en: 'card', value: ({ cardName }) => cardName },
  { ko: '카드번호', en: 'card number', value: ({ cardNumberMasked }) => cardNumberMasked },
  { ko: '승인번호', en: 'approval number', value: ({ applyNum }) => applyNum },
  { ko: 'PG 거래번호', en: 'PG transaction', value: ({ pgTid }) => pgTid },
  { ko: '상점ID(CPID)', en: 'CPID', value: ({ pgId }) => pgId },
  { ko: '테스트', en: 'test', value: ({ sandbox }) => (sandbox ? 'Y' : 'N') },
  { ko: '실패사유', en: 'failure', value: ({ failReason }) => failReason },
  { ko: '취소사유', en: 'cancel reason', value: ({ cancelReason }) => cancelReason },
  { ko: '요청시각(KST)', en: 'begun (KST)', value: ({ startedAtMs }) => inKorea(startedAtMs) },
  { ko: '승인시각(KST)', en: 'paid (KST)', value: ({ paidAtMs }) => inKorea(paidAtMs) },
  { ko: '취소시각(KST)', en: 'cancelled (KST)', value: (one) => inKorea(one.cancelledAtMs) },
  { ko: '매출전표', en: 'receipt', value: receiptUrlOf },
]

const pageSize = 500
// Excel takes a file without it for the code page of the machine, and Korean for rubbish.
const byteOrderMark = '\u{FEFF}'

/** Newest first. */
export function streamPayments(
  db: Queryable,
  owner: MerchantId,
  filter: PaymentFilter,
  language: CsvLanguage,
): Readable {
  return Readable.from(pagesOf(db, owner, filter, language), { objectMode: false })
}

async function* pagesOf(
  db: Queryable,
  owner: MerchantId,
  filter: PaymentFilter,
  language: CsvLanguage,
): AsyncGenerator<string> {
  yield byteOrderMark + line(columns.map((column) => column[language]))
  let count = 0
  let after: Place | undefined
  do {
    const page = await searchPayments(db, owner, filter, {
      order: 'newest',
      after,
      limit: pageSize,
    })
    count += page.rows.length
    if (page.rows.length > 0) yield page.rows.map(lineOf).join('')
    after = page.next ?? undefined
  } while (after !== undefined)
  yield line(['#end', count])
}

function lineOf(payment: Payment): string {
  return line(columns.map(({ value }) => value(payment)))
}

function line(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/**
 * One cell. What a buyer typed must not become a formula in somebody's Excel (CWE-1236): a text that begins like one
 * gets an apostrophe before it.
 */
function cellOf(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[\s]*[=+\-@\t\r＝＋－＠]/.test(value) ? `'${value}` : value
  return /[",\r\n;]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

const koreaOffsetMs = 9 * 3_600_000

/** `2026-11-28 22:15:00`, which Excel reads as a time. */
function inKorea(instantMs: number | null): string | null {
  if (instantMs === null) return null
  return new Date(instantMs + koreaOffsetMs).toISOString().slice(0, 19).replace('T', ' ')
}
