// What a piece of work is about. Its ids stand on every log line that is written inside it, however deep, and it is a
// span wherever an OpenTelemetry SDK is loaded. Ids only: what a buyer or a card is called has no place here.

import { AsyncLocalStorage } from 'node:async_hooks'

import {
  context,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

/** Ids of our own and of the merchant's order; each becomes a field of the log lines. */
export interface About {
  readonly requestId?: string
  readonly merchantId?: number
  readonly merchantUid?: string
  readonly impUid?: string
  readonly cancelId?: string
  readonly exchangeId?: string
  readonly scheduleId?: string
  readonly webhookId?: string
  readonly channelKey?: string
}

const fieldsOf = new AsyncLocalStorage<About>()

/** The fields of whatever is under way; undefined outside of all work. */
export function currentFields(): About | undefined {
  return fieldsOf.getStore()
}

// Proxies: they find the SDK that was loaded before us, and do nothing without one.
const tracer = trace.getTracer('billkey')

export type Direction = 'inside' | 'out'

/** For what outlives the work that began it, as a connection does: its later lines are about nobody's request. */
export function outside<T>(work: () => T): T {
  return fieldsOf.exit(() => context.with(ROOT_CONTEXT, work))
}

/** Runs `work` as an activity within the present one. */
export function within<T>(
  name: string,
  about: About,
  work: () => Promise<T>,
  direction: Direction = 'inside',
): Promise<T> {
  return fieldsOf.run({ ...fieldsOf.getStore(), ...about }, () =>
    runSpan(name, about, work, direction),
  )
}

function runSpan<T>(
  name: string,
  about: About,
  work: () => Promise<T>,
  direction: Direction,
): Promise<T> {
  const span = tracer.startSpan(name, {
    kind: direction === 'out' ? SpanKind.CLIENT : SpanKind.INTERNAL,
  })
  if (!span.isRecording()) return work()
  describe(span, about)
  return context.with(trace.setSpan(context.active(), span), async () => {
    try {
      return await work()
    } catch (error) {
      markFailed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A span without work of its own to run inside it: a statement. Gives the function that ends it. */
export function beginSpan(name: string): (error?: unknown) => void {
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT })
  if (!span.isRecording()) return nothingToEnd
  return (error) => {
    if (error !== undefined) markFailed(span, error)
    span.end()
  }
}

const nothingToEnd = () => undefined

/** Says on the present span how it ended; values are words of a closed list. */
export function noteOnSpan(name: string, value: string): void {
  trace.getActiveSpan()?.setAttribute(`billkey.${name}`, value)
}

/** Headers that let a receiver go on with our trace; none where there is no SDK. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

/** The activity of an HTTP request, which goes through hooks that call back instead of one function. */
export interface RequestActivity {
  /** Runs the rest of a hook chain inside it. */
  enter(next: () => void): void
  /** The caller is known from here on. */
  identify(merchantId: number): void
  end(answer: { readonly method: string; readonly route: string; readonly status: number }): void
}

/** `headers`: a W3C traceparent among them makes the request part of the caller's trace. */
export function beginRequest(
  requestId: string,
  headers: Readonly<Record<string, unknown>>,
): RequestActivity {
  const fields: { requestId: string; merchantId?: number } = { requestId }
  const parent = propagation.extract(ROOT_CONTEXT, headers)
  const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, parent)
  const inside: Context | null = span.isRecording() ? trace.setSpan(parent, span) : null
  return {
    enter(next) {
      fieldsOf.run(fields, () => (inside === null ? next() : context.with(inside, next)))
    },
    identify(merchantId) {
      fields.merchantId = merchantId
    },
    end({ method, route, status }) {
      if (inside === null) return
      span.updateName(`${method} ${route}`)
      span.setAttributes({
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      })
      describe(span, fields)
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

// merchant_uid is the merchant's own text, and a trace often goes to somebody else's server.
const onSpans = [
  ['requestId', 'request_id'],
  ['merchantId', 'merchant_id'],
  ['impUid', 'imp_uid'],
  ['cancelId', 'cancel_id'],
  ['exchangeId', 'exchange_id'],
  ['scheduleId', 'schedule_id'],
  ['webhookId', 'webhook_id'],
  ['channelKey', 'channel_key'],
] as const

function describe(span: Span, about: About): void {
  for (const [field, name] of onSpans) {
    const value = about[field]
    if (value !== undefined) span.setAttribute(`billkey.${name}`, String(value))
  }
}

/** The kind of error and no word of it: a message may quote what must not leave. */
function markFailed(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
}
