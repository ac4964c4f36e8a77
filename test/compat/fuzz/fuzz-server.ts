// Throws malformed requests at a server of its own process and holds every answer against what must be true of it:
// no 5xx, an envelope, nothing charged, and a process that lives on within its memory.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'

import { adHocSql } from '../../../src/db/database.ts'
import { cardFields, newOrder } from '../../api/orders.ts'
import { billingKeyOf, paidOf } from '../../api/replies.ts'
import { startServeProcess } from '../../faults/serve-process.ts'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { readAnswers, type HttpAnswer } from '../http-answers.ts'
import { malformedBatch, type MalformedRequest, type Target } from './malformed-requests.ts'
import { type Choice, choiceOf } from './random-choice.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** The run fails when it takes longer. */
  readonly limitMs: number
  readonly onProgress?: (sent: number) => void
}

export interface FuzzReport {
  readonly seed: number
  readonly sent: number
  readonly tookMs: number
  /** What was wrong with answers, each with the request; the first few in full. */
  readonly faults: readonly string[]
  readonly byStatus: Readonly<Record<string, number>>
  readonly byKind: Readonly<Record<string, number>>
  /** What the gateway approved, issued and cancelled during the run; all 0 when all is well. */
  readonly gateway: {
    readonly approvals: number
    readonly keysIssued: number
    readonly cancels: number
  }
  /** Rows that only a request carried out would have left. */
  readonly rows: {
    readonly unrefusedPayments: number
    readonly schedules: number
    readonly cancels: number
  }
  /** Null where the system does not tell. */
  readonly memoryMb: { readonly before: number; readonly peak: number } | null
}

const connectionsAtOnce = 16
const answerWithinMs = 20_000
const faultsShown = 20

export async function fuzzServer(options: FuzzOptions): Promise<FuzzReport> {
  const masterKey = randomBytes(32).toString('base64')
  const app = await startTestApp({ environment: { BILLKEY_MASTER_KEY: masterKey }, role: 'api' })
  const server = await startServeProcess(app, masterKey)
  try {
    const target = await prepare(app, server.merchant)
    const entered = app.simulator.ledger().totals
    const memory = watchMemory(server.pid)
    const run = new Run(options, server.url, target, memory.sample)
    await run.finish()
    // Whatever was thrown at it, it still takes money.
    paidOf(await server.merchant.call('POST', '/subscribe/payments/onetime', newOrder()))
    const left = app.simulator.ledger().totals
    return {
      ...run.report(),
      gateway: {
        approvals: left.approvals - entered.approvals - 1,
        keysIssued: left.keysIssued - entered.keysIssued,
        cancels: left.cancels - entered.cancels,
      },
      rows: await countRows(app),
      memoryMb: memory.result(),
    }
  } finally {
    await server.stop()
    await app.close()
  }
}

type Merchant = Awaited<ReturnType<typeof startServeProcess>>['merchant']

async function prepare(app: TestApp, merchant: Merchant): Promise<Target> {
  const customerUid = 'kept'
  billingKeyOf(await merchant.call('POST', `/subscribe/customers/${customerUid}`, cardFields()))
  const order = newOrder({ amount: 1_000_000, merchant_uid: 'paid before' })
  const paid = paidOf(await merchant.call('POST', '/subscribe/payments/onetime', order))
  const { impKey: imp_key, impSecret: imp_secret } = app.merchant
  const { body } = await merchant.call('POST', '/users/getToken', { imp_key, imp_secret })
  const token = String(body.response.access_token)
  return { token, customerUid, impUid: paid.imp_uid, merchantUid: paid.merchant_uid }
}

class Run {
  readonly #options: FuzzOptions
  readonly #port: number
  readonly #target: Target
  readonly #choice: Choice
  readonly #sampleMemory: () => void
  readonly #startedMs = performance.now()
  readonly #faults: string[] = []
  readonly #byStatus: Record<string, number> = {}
  readonly #byKind: Record<string, number> = {}
  #sent = 0

  constructor(options: FuzzOptions, url: string, target: Target, sampleMemory: () => void) {
    this.#options = options
    this.#port = Number(new URL(url).port)
    this.#target = target
    this.#choice = choiceOf(options.seed)
    this.#sampleMemory = sampleMemory
  }

  async finish(): Promise<void> {
    await Promise.all(Array.from({ length: connectionsAtOnce }, () => this.#work()))
  }

  report() {
    const tookMs = Math.round(performance.now() - this.#startedMs)
    const { seed } = this.#options
    const counts = { byStatus: this.#byStatus, byKind: this.#byKind }
    return { seed, sent: this.#sent, tookMs, faults: this.#faults, ...counts }
  }

  async #work(): Promise<void> {
    while (this.#sent < this.#options.requests) {
      const overdueMs = performance.now() - this.#startedMs - this.#options.limitMs
      if (overdueMs > 0) {
        this.#faults.push(`not done within ${this.#options.limitMs} ms`)
        return
      }
      const batch = malformedBatch(this.#choice, this.#target)
      this.#count(batch)
      this.#judge(batch, await exchangeBatch(this.#port, batch))
    }
  }

  #count(batch: readonly MalformedRequest[]): void {
    const { requests, onProgress } = this.#options
    for (const { kind } of batch) {
      this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1
      this.#sent += 1
      if (this.#sent % Math.ceil(requests / 20) === 0) {
        this.#sampleMemory()
        onProgress?.(this.#sent)
      }
    }
  }

  #judge(batch: readonly MalformedRequest[], exchange: Exchange): void {
    const faults = exchange.isOverdue ? ['no end of the answer'] : this.#faultsOf(batch, exchange)
    for (const fault of faults) {
      if (this.#faults.length >= faultsShown) continue
      const asked = batch.map(({ kind, bytes }) => `${kind}: ${shown(bytes)}`).join('\n  ')
      this.#faults.push(`${fault}\n  ${asked}`)
    }
  }

  #faultsOf(batch: readonly MalformedRequest[], { bytes }: Exchange): string[] {
    let answers: HttpAnswer[]
    try {
      answers = readAnswers(
        bytes,
        batch.map((request) => request.isBodiless),
      )
    } catch (error) {
      return [(error as Error).message]
    }
    for (const { status } of answers) {
      this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1
    }
    return [...faultsOfCount(batch, answers), ...answers.flatMap(faultsOfAnswer)]
  }
}

/** As many answers as requests, but for a last one that is no whole request. */
function leastAnswers(batch: readonly MalformedRequest[]): number {
  return batch.at(-1)?.answers === 'any' ? batch.length - 1 : batch.length
}

/** Each request has its answer, in order, until the server says that it closes the connection. */
function faultsOfCount(
  batch: readonly MalformedRequest[],
  answers: readonly HttpAnswer[],
): string[] {
  const closing = answers.findIndex((answer) => answer.isLast)
  const wanted = batch.at(-1)?.answers === 'one' ? batch.length + 1 : leastAnswers(batch)
  if (closing !== -1 && closing < wanted - 1) {
    // What stood behind it may have been refused as unreadable before it was known to be in vain.
    return answers.length <= closing + 2 ? [] : ['an answer after the last one']
  }
  if (answers.length < wanted) return [`${answers.length} answers instead of ${wanted}`]
  if (batch.at(-1)?.answers !== 'one') return []
  const isInStep = answers.length === wanted && answers.at(-1)?.body === '{"status":"ok"}'
  return isInStep ? [] : [`${answers.length} answers to ${batch.length} requests and one of ours`]
}

function faultsOfAnswer({ status, headers, body }: HttpAnswer): string[] {
  if (status >= 500) return [`${status} ${body}`]
  // HEAD, and OPTIONS of a known path.
  if (body === '') return []
  const contentType = headers.get('content-type')
  if (contentType !== 'application/json; charset=UTF-8') {
    return body === '{"status":"ok"}'
      ? []
      : [`${status} of type ${contentType}: ${body.slice(0, 200)}`]
  }
  return isEnvelope(status, body) ? [] : [`${status} without an envelope: ${body.slice(0, 200)}`]
}

function isEnvelope(status: number, body: string): boolean {
  try {
    const { code, message, response, ...rest } = JSON.parse(body) as Record<string, unknown>
    if (Object.keys(rest).length > 0) return false
    if (code === 0)
      return message === null && response !== null && (status === 200 || status === 207)
    return (code === 1 || code === -1) && typeof message === 'string' && response === null
  } catch {
    return false
  }
}

interface Exchange {
  readonly bytes: Buffer
  readonly isOverdue: boolean
}

// What follows a batch whose end the server can tell: it proves that both sides count requests alike.
const sentinel = Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')

/** Sends a batch and reads until the server closes; where it may not know that all was sent, we say so. */
function exchangeBatch(port: number, batch: readonly MalformedRequest[]): Promise<Exchange> {
  const endsOpen = batch.at(-1)?.answers !== 'one'
  const bytes = batch.map((request) => request.bytes)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let isOverdue = false
    const socket = connect({ port, host: '127.0.0.1' })
    const limit = setTimeout(() => {
      isOverdue = true
      socket.destroy()
    }, answerWithinMs)
    // The server drops what it has not answered when a client stops sending, so that comes after the answers.
    const endWhenAnswered = () => {
      const answers = Buffer.concat(chunks).toString('latin1').split('HTTP/1.1 ').length - 1
      if (endsOpen && answers >= leastAnswers(batch)) socket.end()
    }
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      endWhenAnswered()
    })
    // The server closes on what it cannot read, at times before it was all sent.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(limit)
      resolve({ bytes: Buffer.concat(chunks), isOverdue })
    })
    socket.write(Buffer.concat(endsOpen ? bytes : [...bytes, sentinel]))
    endWhenAnswered()
  })
}

function shown(bytes: Buffer): string {
  const text = bytes.toString('latin1', 0, 600)
  return JSON.stringify(text) + (bytes.length > 600 ? ` and ${bytes.length - 600} bytes more` : '')
}

async function countRows({ parts }: TestApp): Promise<FuzzReport['rows']> {
  // Two payments are the run's own.
  const statement = adHocSql(`
    select (select count(*)::int - 2 from payments where state <> 'failed') as "unrefusedPayments",
           (select count(*)::int from schedules) as "schedules",
           (select count(*)::int from payments where cancel_amount > 0) as "cancels"`)
  const { rows } = await parts.db.query<FuzzReport['rows']>(statement, [])
  return rows[0] as FuzzReport['rows']
}

/** Resident memory, of Linux only. */
function watchMemory(pid: number) {
  const file = `/proc/${pid}/status`
  const read = () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1]) / 1024
  if (!existsSync(file)) return { sample: () => undefined, result: () => null }
  const before = Math.round(read())
  let peak = before
  return {
    sample: () => {
      if (existsSync(file)) peak = Math.max(peak, Math.round(read()))
    },
    result: () => ({ before, peak }),
  }
}
