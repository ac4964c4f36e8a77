// The two steps of every exchange over HTTP, and their masked record: ready (PAYMETHOD in, RETURNURL and TOKEN
// out) and execute (the request itself). Ready may be repeated once after a reset; execute never.

import type { Clock } from '../../primitives/clock.ts'
import { within } from '../../telemetry/activity.ts'
import type { GatewayContract, Unsent, WireStep } from '../gateway.ts'
import { type Connection, type Connections, discard } from './connections.ts'
import { encodeEucKr } from './euc-kr.ts'
import { createMask, type Mask } from './masking.ts'
import type { PostOnce, Transmission } from './post-once.ts'
import type { WireFields } from './preflight.ts'
import { readReadyAnswer } from './ready-answer.ts'
import type { PreparedRequest } from './requests.ts'
import type { ResponseBody } from './response-body.ts'
import { connectMessage, type ExecuteAnswer, toExecuteAnswer } from './responses.ts'
import { allowedReturnUrl, type UrlRules } from './return-url.ts'

export interface Wire extends UrlRules {
  readonly clock: Clock
  readonly connections: Connections
  readonly post: PostOnce
  readonly timeouts: {
    readonly connectMs: number
    readonly readyReadMs: number
    readonly executeReadMs: number
  }
}

/** One call on its way: what is asked of whom, over which connection. */
export interface Line {
  readonly wire: Wire
  readonly contract: GatewayContract
  readonly request: PreparedRequest
  readonly readyUrl: URL
  readonly connection: Connection
}

export interface Grant {
  readonly kind: 'granted'
  readonly url: URL
  readonly token: string
  readonly step: WireStep
}

export type ReadyResult =
  | Grant
  | { readonly kind: 'unsent'; readonly outcome: Unsent; readonly step: WireStep }

export interface ExecuteResult {
  readonly answer: ExecuteAnswer
  readonly step: WireStep
  readonly mask: Mask
}

export function readyStep(line: Line): Promise<ReadyResult> {
  return within('payjoa ready', {}, () => askReady(line), 'out')
}

async function askReady(line: Line): Promise<ReadyResult> {
  const fields = readyFields(line.request)
  const startedMs = line.wire.clock.now()
  const answer = toExecuteAnswer(await sendReady(line, fields))
  const token = (answer.kind === 'body' && answer.body.fields?.['TOKEN']) || ''
  const mask = maskFor(line, answer, token)
  const step = recorded({ line, mask, answer, startedMs }, line.readyUrl, fields)
  const unsent = (cause: Unsent['cause'], code: string | null, message: string): ReadyResult => ({
    kind: 'unsent',
    outcome: { kind: 'unsent', cause, code, message },
    step,
  })
  if (answer.kind === 'unsent') return unsent('connect', null, connectMessage)
  if (answer.kind === 'lost') return unsent('ready_failed', null, readyFailedMessage)
  const verdict = readReadyAnswer(answer.status, answer.body)
  if (verdict.kind === 'failed') return unsent('ready_failed', null, readyFailedMessage)
  if (verdict.kind === 'refused') {
    return unsent('ready_refused', mask.text(verdict.code).slice(0, 20), mask.text(verdict.message))
  }
  const url = allowedReturnUrl(verdict.returnUrl, line.wire, line.readyUrl)
  if (url === null) return unsent('return_url_refused', null, returnUrlMessage)
  return { kind: 'granted', url, token: verdict.token, step }
}

/** Sends the request where the ready step said, once. Whatever comes back is an answer to be read. */
export function executeStep(line: Line, grant: Grant): Promise<ExecuteResult> {
  return within('payjoa execute', {}, () => execute(line, grant), 'out')
}

async function execute(line: Line, { url, token }: Grant): Promise<ExecuteResult> {
  const { wire, connection, request } = line
  const startedMs = wire.clock.now()
  const isSameHost = url.origin === connection.origin
  const client = isSameHost ? connection.client : wire.connections.open(url.origin)
  const transmission = await wire.post(client, {
    url,
    headers: { ...headersOf(line), TOKEN: token },
    body: encodeEucKr(JSON.stringify(request.fields)),
    connectMs: wire.timeouts.connectMs,
    readMs: wire.timeouts.executeReadMs,
  })
  if (!isSameHost) discard(client)
  else if (transmission.kind !== 'answered') wire.connections.renew(connection)
  const answer = toExecuteAnswer(transmission)
  const mask = maskFor(line, answer, token)
  return { answer, mask, step: recorded({ line, mask, answer, startedMs }, url, request.fields) }
}

function readyFields({ payMethod, isCancel, fields }: PreparedRequest): WireFields {
  const contractId = { CPID: fields['CPID'] ?? '', PAYMETHOD: payMethod }
  return isCancel ? { ...contractId, CANCELREQ: 'Y' } : contractId
}

// A kept-alive connection may have been closed by the PG as the request went out. Ready moves no money, so it
// is asked again, once, on a fresh connection. A time-out is not repeated: it has used up the caller's time.
async function sendReady(line: Line, fields: WireFields): Promise<Transmission> {
  const { wire, connection, readyUrl } = line
  const send = (): Promise<Transmission> =>
    wire.post(connection.client, {
      url: readyUrl,
      headers: headersOf(line),
      body: encodeEucKr(JSON.stringify(fields)),
      connectMs: wire.timeouts.connectMs,
      readMs: wire.timeouts.readyReadMs,
    })
  const first = await send()
  if (first.kind === 'answered') return first
  wire.connections.renew(connection)
  if (first.kind === 'unsent' || first.cause !== 'reset') return first
  const second = await send()
  if (second.kind !== 'answered') wire.connections.renew(connection)
  return second
}

function headersOf({ contract }: Line): Record<string, string> {
  return {
    'Content-Type': 'application/json; charset=EUC-KR',
    Authorization: contract.linkKey.reveal(),
  }
}

// An answer may quote secrets it is itself the first to name: the new AUTOKEY, or a whole card number.
function maskFor(line: Line, answer: ExecuteAnswer, token: string): Mask {
  const fields = answer.kind === 'body' ? answer.body.fields : null
  const received = [fields?.['AUTOKEY'] ?? '', fields?.['TOKEN'] ?? '']
  return createMask(line.request.fields, [line.contract.linkKey.reveal(), token, ...received])
}

interface Recording {
  readonly line: Line
  readonly mask: Mask
  readonly answer: ExecuteAnswer
  readonly startedMs: number
}

function recorded(
  { line, mask, answer, startedMs }: Recording,
  url: URL,
  fields: WireFields,
): WireStep {
  const isBody = answer.kind === 'body'
  return {
    url: mask.url(url.href),
    request: mask.fields(fields),
    status: isBody ? answer.status : null,
    response: isBody ? recordedBody(answer.body, mask) : null,
    error: isBody ? null : mask.text(answer.error),
    durationMs: Math.max(0, line.wire.clock.now() - startedMs),
  }
}

function recordedBody(body: ResponseBody, mask: Mask): Record<string, string> {
  return body.fields === null ? { body: mask.text(body.text) } : mask.fields(body.fields)
}

const readyFailedMessage = 'PG사의 결제 준비 응답을 받지 못했습니다. 요청은 전송되지 않았습니다.'

const returnUrlMessage =
  'PG사가 안내한 요청 주소(RETURNURL)가 허용된 주소가 아니어서 요청을 전송하지 않았습니다.'
