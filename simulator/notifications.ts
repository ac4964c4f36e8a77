// What the PG tells its merchants of its own accord: a GET for each approval and cancel, sent again until the page it
// gets says SUCCESS. What has not been acknowledged is in the ledger's file, so a restart goes on from there.

import iconv from 'iconv-lite'

import type { NotificationFault } from './fault-scripts.ts'
import type { ApprovalEntry, CancelEntry } from './ledger-entry.ts'
import type { PgState } from './pg-state.ts'
import { notificationFields } from './notification-fields.ts'

export type ToldEntry = ApprovalEntry | CancelEntry

interface Waiting {
  readonly entry: ToldEntry
  attempts: number
  dueAtMs: number
  fault: NotificationFault | null
}

export interface NotificationView {
  readonly seq: number
  readonly orderno: string
  readonly attempts: number
  readonly dueAt: string
}

export interface NotificationRequest {
  readonly url: string
  /** The body of a POST; null: a GET. */
  readonly form: string | null
  readonly timeoutMs: number
  readonly stop: AbortSignal
}

export type SendNotification = (
  request: NotificationRequest,
) => Promise<{ readonly status: number; readonly page: string }>

export const sendOverHttp: SendNotification = async ({ url, form, timeoutMs, stop }) => {
  const response = await fetch(url, {
    method: form === null ? 'GET' : 'POST',
    ...(form !== null && {
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=EUC-KR' },
    }),
    redirect: 'manual',
    signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
  })
  return { status: response.status, page: await response.text() }
}

/** As many at once as a merchant's server bears. */
const atOnce = 16
/** Beyond it the oldest is forgotten: a benchmark without a listener must not fill the memory. */
const waitingMax = 100_000

export class Notifications {
  readonly #state: PgState
  readonly #waiting = new Map<number, Waiting>()
  readonly #underWay = new Map<number, Promise<void>>()
  /** From before a restart, of contracts whose URL is not registered yet. */
  #withoutUrl: ToldEntry[] = []
  readonly #stop = new AbortController()

  constructor(state: PgState) {
    this.#state = state
  }

  /** After a restart: what the ledger's file says was never acknowledged. It waits for its URL, where that comes later. */
  resume(entries: readonly ToldEntry[]): void {
    const { notificationWindowMs } = this.#state.settings
    const nowMs = this.#state.now()
    for (const entry of entries) {
      if (nowMs - entry.atMs >= notificationWindowMs) continue
      if (this.#urlOf(entry) === undefined) this.#withoutUrl.push(entry)
      else this.#schedule(this.#wait(entry, nowMs))
    }
  }

  /** URLs were registered or changed. */
  urlsChanged(): void {
    const waiting = this.#withoutUrl
    this.#withoutUrl = []
    this.resume(waiting)
  }

  /** An effect that has just been written. Resolves at once, or after the first attempt where that goes before the answer. */
  async tell(entries: readonly ToldEntry[]): Promise<void> {
    const { notificationTiming, notificationDelayMs, notificationCancels } = this.#state.settings
    for (const entry of entries) {
      if (this.#urlOf(entry) === undefined) continue
      if (entry.kind === 'cancel' && !notificationCancels) continue
      const fault = this.#state.faults.takeNotification({
        cpid: entry.cpid,
        paymethod: entry.paymethod,
        orderno: entry.orderno,
        cancel: entry.kind === 'cancel',
      })
      const delayMs = fault?.name === 'late' ? (fault.delayMs ?? 60_000) : notificationDelayMs
      const waiting = this.#wait(entry, this.#state.now() + delayMs)
      waiting.fault = fault
      if (notificationTiming === 'before' && delayMs === 0) await this.#send(waiting)
      else this.#schedule(waiting)
    }
  }

  /** Sends everything that waits, whenever it was due. */
  async sendNow(): Promise<void> {
    const waiting = [...this.#waiting.values()]
    for (let at = 0; at < waiting.length; at += atOnce) {
      await Promise.all(waiting.slice(at, at + atOnce).map((one) => this.#send(one)))
    }
  }

  view(): readonly NotificationView[] {
    return [...this.#waiting.values()].map(({ entry, attempts, dueAtMs }) => ({
      seq: entry.seq,
      orderno: entry.orderno,
      attempts,
      dueAt: new Date(dueAtMs).toISOString(),
    }))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#underWay.values())
  }

  #urlOf({ cpid }: ToldEntry): string | undefined {
    const { notificationUrls } = this.#state.settings
    return notificationUrls[cpid] ?? notificationUrls['*']
  }

  #wait(entry: ToldEntry, dueAtMs: number): Waiting {
    const waiting: Waiting = { entry, attempts: 0, dueAtMs, fault: null }
    this.#waiting.set(entry.seq, waiting)
    if (this.#waiting.size > waitingMax) {
      const [oldest] = this.#waiting.keys()
      if (oldest !== undefined) this.#waiting.delete(oldest)
    }
    return waiting
  }

  /** Waits for its time by itself; whoever was sent in the meantime is not sent again. */
  #schedule(waiting: Waiting): void {
    const { attempts } = waiting
    const waitMs = Math.max(0, waiting.dueAtMs - this.#state.now())
    this.#state
      .delay(waitMs)
      .then(() => {
        const isCurrent = this.#waiting.get(waiting.entry.seq) === waiting
        return isCurrent && waiting.attempts === attempts ? this.#send(waiting) : undefined
      })
      .catch(() => undefined) // the simulator stops
  }

  #send(waiting: Waiting): Promise<void> {
    const { seq } = waiting.entry
    const underWay = this.#underWay.get(seq)
    if (underWay !== undefined) return underWay
    const work = this.#attempt(waiting).finally(() => this.#underWay.delete(seq))
    this.#underWay.set(seq, work)
    return work
  }

  async #attempt(waiting: Waiting): Promise<void> {
    const { settings } = this.#state
    const { entry, fault } = waiting
    waiting.attempts += 1
    // A script spends itself on the first attempt; the repetitions are as they should be.
    waiting.fault = null
    let isTaken = false
    for (let left = timesOf(fault); left > 0; left -= 1) isTaken = await this.#request(entry, fault)
    const isSpoiled = fault !== null && fault.name !== 'duplicated' && fault.name !== 'late'
    if (isTaken && !isSpoiled) {
      this.#waiting.delete(entry.seq)
      this.#state.ledger.acknowledge(entry.seq)
      return
    }
    const nextMs = this.#state.now() + settings.notificationEveryMs
    if (nextMs - entry.atMs > settings.notificationWindowMs) {
      this.#waiting.delete(entry.seq)
      return
    }
    waiting.dueAtMs = nextMs
    this.#schedule(waiting)
  }

  async #request(entry: ToldEntry, fault: NotificationFault | null): Promise<boolean> {
    const url = this.#urlOf(entry)
    if (url === undefined) return false
    const fields = notificationFields(entry, this.#state.settings, fault?.name ?? null)
    const query = Object.entries(fields)
      .map(([name, value]) => `${name}=${encode(value)}`)
      .join('&')
    const isPost = fault?.name === 'as_post'
    try {
      const { status, page } = await this.#state.send({
        url: isPost ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`,
        form: isPost ? query : null,
        timeoutMs: this.#state.settings.notificationTimeoutMs,
        stop: this.#stop.signal,
      })
      return status === 200 && /<RESULT>\s*SUCCESS\s*<\/RESULT>/i.test(page)
    } catch {
      return false
    }
  }
}

/** Percent-encoded EUC-KR, as a browser's form of that charset would send it. */
function encode(value: string): string {
  let text = ''
  for (const byte of iconv.encode(value, 'cp949')) {
    const character = String.fromCharCode(byte)
    text += /[A-Za-z0-9._~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

function timesOf(fault: NotificationFault | null): number {
  if (fault?.name === 'dropped') return 0
  return fault?.name === 'duplicated' ? 2 : 1
}
