// HTTP around the two steps, the daily transaction file and the control routes.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerControl } from './control-routes.ts'
import { answerDailyFile } from './daily-file.ts'
import { deliver } from './deliver-answer.ts'
import { executeStep } from './execute-step.ts'
import type { PgState, WireCall } from './pg-state.ts'
import { readyStep } from './ready-step.ts'
import { returnPathPrefix } from './tokens.ts'

/** Far above any honest request: the largest has about 2 KB. */
const bodyBytesMax = 65_536

/** Rejects when there is nothing to answer with: a stop, a full disk, a vanished client. */
export async function answerRequest(
  state: PgState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request)
  if (body === null) return answerJson(response, 413, { error: 'request body too large' })
  const target = readTarget(request.url)
  if (target === null) return answerJson(response, 400, { error: 'malformed request target' })
  const [path, query] = target
  if (path.startsWith('/_')) {
    const peer = request.socket.remoteAddress
    const method = request.method ?? ''
    const control = await answerControl(state, { peer, method, path, query, body })
    return answerJson(response, control.status, control.json)
  }
  if (path === '/DailyTransactionDownLoad.jsp') return answerDailyFile(state, query, response)
  const isReady = path === '/pay/ready'
  if (!isReady && !path.startsWith(returnPathPrefix)) {
    return answerJson(response, 404, { error: 'not found' })
  }
  if (request.method !== 'POST') return answerJson(response, 405, { error: 'POST only' })
  const call = wireCall(request, path, body)
  if (isReady) {
    await deliver(response, await readyStep(state, call), state.settings)
    return
  }
  await answerExecute(state, call, response)
}

// The ledger learns what became of the answer only where it had assumed something else.
async function answerExecute(
  state: PgState,
  call: WireCall,
  response: ServerResponse,
): Promise<void> {
  const { reply, seqs, fate } = await executeStep(state, call)
  const outcome = await deliver(response, reply, state.settings)
  if (seqs.length === 0 || (fate !== 'delivered' && fate !== 'pending')) return
  if (outcome !== fate) state.ledger.amend(seqs, outcome)
}

function readTarget(url: string | undefined): [string, URLSearchParams] | null {
  const target = URL.parse(url ?? '', 'http://simulator.invalid')
  return target === null ? null : [target.pathname, target.searchParams]
}

function wireCall(request: IncomingMessage, path: string, body: Buffer): WireCall {
  const { headers } = request
  const token = headers['token']
  return {
    path,
    origin: originOf(request),
    contentType: headers['content-type'],
    authorization: headers.authorization,
    token: typeof token === 'string' ? token : undefined,
    body,
  }
}

// The name the client used comes back in RETURNURL, so that its allow-list of hosts can hold.
function originOf(request: IncomingMessage): string {
  const { host = '' } = request.headers
  if (/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$/.test(host)) return `http://${host}`
  return `http://127.0.0.1:${request.socket.localPort}`
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= bodyBytesMax) chunks.push(chunk)
  }
  return length <= bodyBytesMax ? Buffer.concat(chunks) : null
}

function answerJson(response: ServerResponse, status: number, json: object): void {
  const bytes = Buffer.from(JSON.stringify(json))
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
  })
  response.end(bytes)
}
