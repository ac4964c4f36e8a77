// The file of a day's transactions, from PAYJOA's merchant admin (DailyTransactionDownLoad.jsp). What is known of it
// comes from one vendor's two products, so it is read tolerantly and trusted only as far as it proves itself
// (reconciliation/evidence-rule.ts).

import { createHash } from 'node:crypto'

import iconv from 'iconv-lite'
import type { Dispatcher } from 'undici'

import type { GatewayFact, ReportAnswer, ReportContract } from '../evidence.ts'
import { kstInstant } from './responses.ts'
import { safeUrl, type UrlRules } from './return-url.ts'
import { undici } from './undici.ts'

export interface DailyFileOptions extends UrlRules {
  readonly dispatcher: Dispatcher
  readonly timeoutMs: number
  readonly bytesMax: number
}

/** `day` is yyyymmdd in Korea. Never throws for what the network or the gateway does. */
export async function fetchDailyFile(
  options: DailyFileOptions,
  contract: ReportContract,
  day: string,
): Promise<ReportAnswer> {
  const url = safeUrl(contract.baseUrl, options)
  if (url === null) return unavailable('the address is not https')
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/DailyTransactionDownLoad.jsp`
  // The password travels in the query, so the URL is put into no message.
  url.search = new URLSearchParams({
    CPID: contract.contractId,
    PASSWORD: contract.password.reveal(),
    METHOD: 'CC',
    REQUESTDATE: day,
    DATAFORMAT: '1',
    TYPE: '2',
  }).toString()
  try {
    const answer = await download(options, url, { contractId: contract.contractId, day })
    return answer.kind === 'unavailable' ? unquoted(answer, contract) : answer
  } catch (error) {
    const { code, name } = error as Error & { code?: string }
    return unavailable(`the connection failed (${code ?? name})`)
  }
}

// A page that refuses may quote what it was asked, as an error page of a web server does.
function unquoted(
  { kind, reason }: Extract<ReportAnswer, { kind: 'unavailable' }>,
  { password }: ReportContract,
): ReportAnswer {
  const secret = password.reveal()
  const spellings = [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
  ]
  const masked = spellings.reduce((text, spelling) => text.replaceAll(spelling, '***'), reason)
  // What was cut in the middle of it.
  return { kind, reason: masked.replace(/(PASSWORD\W{1,8})\S+/gi, '$1***') }
}

interface Asked {
  readonly contractId: string
  readonly day: string
}

async function download(
  { dispatcher, timeoutMs, bytesMax }: DailyFileOptions,
  url: URL,
  asked: Asked,
): Promise<ReportAnswer> {
  const { request } = undici()
  const { statusCode, body } = await request(url, {
    dispatcher,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    signal: AbortSignal.timeout(10 * timeoutMs),
  })
  if (statusCode !== 200) {
    await body.dump()
    return unavailable(`HTTP status ${statusCode}`)
  }
  const reader = createReader(asked)
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bytesMax) {
      body.destroy()
      return unavailable('larger than any day’s file')
    }
    hash.update(chunk)
    reader.take(chunk)
  }
  return reader.end(hash.digest('hex'))
}

/** Reads line by line as the bytes come. A line ends with LF, which is no part of a two-byte character. */
function createReader(asked: Asked) {
  const facts: GatewayFact[] = []
  let rest = Buffer.alloc(0)
  let place: 'before' | 'inside' | 'after' = 'before'
  let beginning = ''
  let unreadableLines = 0

  function takeLine(bytes: Buffer): void {
    const text = iconv.decode(bytes, 'cp949')
    for (const piece of text.split(/(<\/?DATA>)/i)) takePiece(piece.trim())
  }

  function takePiece(piece: string): void {
    if (piece === '') return
    if (/^<DATA>$/i.test(piece)) place = 'inside'
    else if (/^<\/DATA>$/i.test(piece)) place = place === 'inside' ? 'after' : place
    else if (place === 'inside') {
      const fact = readLine(piece, asked)
      if (fact === null) unreadableLines += 1
      else facts.push(fact)
    } else if (place === 'before') beginning = `${beginning} ${piece}`.slice(0, 200)
  }

  return {
    take(chunk: Buffer): void {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a)) {
        takeLine(bytes.subarray(0, at))
        bytes = bytes.subarray(at + 1)
      }
      rest = Buffer.from(bytes)
    },
    end(digest: string): ReportAnswer {
      takeLine(rest)
      if (place === 'before') return unavailable(`no file but: ${wordsOf(beginning)}`)
      if (place === 'inside') return unavailable('the file breaks off before </DATA>')
      return { kind: 'report', facts, unreadableLines, digest }
    },
  }
}

// status | time | DAOUTRX | ORDERNO | amount | whatever else
function readLine(line: string, { contractId, day }: Asked): GatewayFact | null {
  const columns = line.split('|').map((column) => column.trim())
  const [status = '', time = '', transactionId = '', orderNumber = '', amount = ''] = columns
  const kind = kinds.get(status.toUpperCase())
  const amountWon = kind === undefined ? null : readAmount(amount, kind)
  if (kind === undefined || amountWon === null || transactionId === '' || orderNumber === '') {
    return null
  }
  const happenedAtMs = readTime(time, day)
  return { kind, contractId, transactionId, orderNumber, amountWon, happenedAtMs }
}

const kinds: ReadonlyMap<string, GatewayFact['kind']> = new Map([
  ['S', 'approval'],
  ['C', 'cancel'],
])

// A cancel's amount may be written as what it takes away.
function readAmount(text: string, kind: GatewayFact['kind']): number | null {
  const pattern =
    kind === 'cancel' ? /^-?(\d{1,3}(,\d{3})+|\d{1,10})$/ : /^(\d{1,3}(,\d{3})+|\d{1,10})$/
  const won = pattern.test(text) ? Math.abs(Number(text.replaceAll(',', ''))) : 0
  return won > 0 ? won : null
}

/** With or without a date, with or without separators; a time of day is of the day that was asked for. */
function readTime(text: string, day: string): number | null {
  const digits = text.replace(/\D/g, '')
  return kstInstant(digits.length === 6 ? `${day}${digits}` : digits)
}

// An error page or a refusal in words: enough of it for an operator, without markup or long runs of digits.
function wordsOf(text: string): string {
  const words = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\d{7,}/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
  return words === '' ? 'nothing' : words.slice(0, 100)
}

function unavailable(reason: string): ReportAnswer {
  return { kind: 'unavailable', reason }
}
