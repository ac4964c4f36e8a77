// DailyTransactionDownLoad.jsp: the transactions of one day, a line each. Only one vendor's products are known to use
// it, so whatever they do not show is a setting.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

import iconv from 'iconv-lite'

import { kstStamp } from './kst.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import type { PgState } from './pg-state.ts'

/** Lines per write: a day of 200,000 is never held as one text. */
const batch = 2_000

export async function answerDailyFile(
  state: PgState,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const { settings } = state
  if (settings.reportStatus !== 200) {
    response.writeHead(settings.reportStatus, { 'content-type': 'text/html' })
    response.end('<html><body>점검 중</body></html>')
    return
  }
  const refusal = refusalOf(state, query)
  if (refusal !== null) {
    const status = settings.reportAuthFailure === 'status' ? 403 : 200
    response.writeHead(status, { 'content-type': contentType(state) })
    response.end(encoded(state, refusal))
    return
  }
  await sendDay(state, response, {
    cpid: query.get('CPID') ?? '',
    day: query.get('REQUESTDATE') ?? '',
  })
}

function refusalOf({ contracts }: PgState, query: URLSearchParams): string | null {
  const contract = contracts.get(query.get('CPID') ?? '')
  if (contract === undefined) return '<script>alert("등록되지 않은 CPID 입니다.");</script>'
  if (query.get('PASSWORD') !== contract.reportPassword) {
    return '<script>alert("비밀번호가 일치하지 않습니다.");</script>'
  }
  const isAsked =
    query.get('METHOD') === 'CC' &&
    query.get('DATAFORMAT') === '1' &&
    query.get('TYPE') === '2' &&
    /^\d{8}$/.test(query.get('REQUESTDATE') ?? '')
  return isAsked ? null : '<script>alert("요청 값이 올바르지 않습니다.");</script>'
}

async function sendDay(
  state: PgState,
  response: ServerResponse,
  of: { readonly cpid: string; readonly day: string },
): Promise<void> {
  const { settings } = state
  const end = settings.reportLineEnding === 'crlf' ? '\r\n' : '\n'
  const ripeMs = state.now() - settings.reportLagMs
  response.writeHead(200, { 'content-type': contentType(state) })
  response.write(`<DATA>${end}`)
  let lines: string[] = []
  for await (const entry of state.ledger.everything()) {
    const line = entry.atMs > ripeMs ? null : lineOf(state, entry, of)
    if (line !== null) lines.push(line)
    if (lines.length < batch) continue
    if (!response.write(encoded(state, `${lines.join(end)}${end}`))) await once(response, 'drain')
    lines = []
  }
  if (lines.length > 0) response.write(encoded(state, `${lines.join(end)}${end}`))
  response.end(settings.reportIsWhole ? `</DATA>${end}` : '')
}

function lineOf(
  { settings }: PgState,
  entry: LedgerEntry,
  { cpid, day }: { readonly cpid: string; readonly day: string },
): string | null {
  if (entry.cpid !== cpid || (entry.kind !== 'approval' && entry.kind !== 'cancel')) return null
  const stamp = kstStamp(entry.atMs)
  if (stamp.slice(0, 8) !== day) return null
  if (entry.kind === 'cancel' && entry.stoppedKeyHash !== '') return null
  const family = entry.paymethod.replace(/^CARDK?-?/, '')
  if (entry.kind === 'approval' && !settings.reportMethods.includes(family)) return null
  const sign = entry.kind === 'cancel' && settings.reportCancelAmount === 'negative' ? '-' : ''
  const columns = [
    entry.kind === 'cancel' ? 'C' : 'S',
    timeOf(stamp, settings.reportTimeFormat),
    entry.kind === 'cancel' ? entry.cancelId : entry.daoutrx,
    entry.orderno,
    `${sign}${entry.amountWon}`,
    ...(settings.reportExtraColumns ? ['정기구독', entry.paymethod, ''] : []),
  ]
  return columns.join('|')
}

function timeOf(stamp: string, format: 'stamp' | 'separated' | 'time'): string {
  if (format === 'stamp') return stamp
  if (format === 'time') return stamp.slice(8)
  return stamp.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3 $4:$5:$6')
}

function encoded({ settings }: PgState, text: string): Buffer {
  return settings.responseCharset === 'utf-8' ? Buffer.from(text) : iconv.encode(text, 'cp949')
}

function contentType({ settings }: PgState): string {
  return `text/html; charset=${settings.responseCharset.toUpperCase()}`
}
