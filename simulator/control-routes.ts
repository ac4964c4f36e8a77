// What a tester asks the simulator itself: GET /_ledger, /_faults, /_settings, /_notifications and their changes, and
// what somebody does in the PG's own admin.
// These routes are for the machine the simulator runs on, and refuse every other peer.

import { type AdminAct, approveInAdmin, cancelInAdmin } from './admin-acts.ts'
import { parseScripts } from './fault-scripts.ts'
import type { PgState } from './pg-state.ts'
import { patchSettings } from './settings.ts'

export interface ControlCall {
  /** Remote address of the connection. */
  readonly peer: string | undefined
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
}

export interface ControlAnswer {
  readonly status: number
  readonly json: object
}

type Route = (state: PgState, call: ControlCall) => ControlAnswer | Promise<ControlAnswer>

const routes: Readonly<Record<string, Route>> = {
  'GET /_ledger': readLedger,
  'GET /_faults': listFaults,
  'POST /_faults': addFaults,
  'DELETE /_faults': clearFaults,
  'GET /_settings': listSettings,
  'POST /_settings': changeSettings,
  'DELETE /_settings': restoreSettings,
  'GET /_notifications': listNotifications,
  'POST /_notifications': sendNotifications,
  'POST /_admin/approvals': (state, { body }) => actInAdmin(state, body, approveInAdmin),
  'POST /_admin/cancels': (state, { body }) => actInAdmin(state, body, cancelInAdmin),
}

export async function answerControl(state: PgState, call: ControlCall): Promise<ControlAnswer> {
  if (!isLoopback(call.peer)) return problem(403, 'control routes answer loopback peers only')
  const route = routes[`${call.method} ${call.path}`]
  return route === undefined ? problem(404, 'no such control route') : route(state, call)
}

/** 127.0.0.0/8 and ::1, also as an IPv4-mapped address. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address)
}

/** Entries answered when `limit` is not given. */
const defaultLimit = 1000

function readLedger(state: PgState, call: ControlCall): ControlAnswer {
  const since = wholeParameter(call.query, 'since', 0)
  const limit = wholeParameter(call.query, 'limit', defaultLimit)
  if (since === null || limit === null) {
    return problem(400, 'since and limit must be whole numbers of at most nine digits')
  }
  const filter = { orderno: call.query.get('orderno'), cpid: call.query.get('cpid'), since, limit }
  return { status: 200, json: state.ledger.view(filter) }
}

function wholeParameter(query: URLSearchParams, name: string, absent: number): number | null {
  const value = query.get(name)
  if (value === null) return absent
  return /^[0-9]{1,9}$/.test(value) ? Number(value) : null
}

function listFaults(state: PgState): ControlAnswer {
  const pending = state.faults.pending.map(({ name, ...rest }) => ({ fault: name, ...rest }))
  return { status: 200, json: { pending } }
}

function addFaults(state: PgState, call: ControlCall): ControlAnswer {
  const parsed = parseScripts(parseJson(call.body))
  if (parsed.kind === 'invalid') return problem(400, parsed.message)
  state.faults.add(parsed.scripts)
  return listFaults(state)
}

function clearFaults(state: PgState): ControlAnswer {
  state.faults.clear()
  return listFaults(state)
}

function listSettings(state: PgState): ControlAnswer {
  return { status: 200, json: state.settings }
}

function changeSettings(state: PgState, call: ControlCall): ControlAnswer {
  const patched = patchSettings(state.settings, parseJson(call.body))
  if (patched.kind === 'invalid') return problem(400, patched.message)
  state.settings = patched.settings
  state.notifications?.urlsChanged()
  return listSettings(state)
}

function restoreSettings(state: PgState): ControlAnswer {
  state.settings = state.startSettings
  return listSettings(state)
}

function listNotifications(state: PgState): ControlAnswer {
  return { status: 200, json: { waiting: state.notifications?.view() ?? [] } }
}

async function sendNotifications(state: PgState): Promise<ControlAnswer> {
  await state.notifications?.sendNow()
  return listNotifications(state)
}

function actInAdmin(
  state: PgState,
  body: Buffer,
  act: (state: PgState, asked: unknown) => AdminAct,
): ControlAnswer {
  const done = act(state, parseJson(body))
  if (done.kind === 'refused') return problem(400, done.message)
  void state.notifications?.tell([done.entry])
  return { status: 200, json: { seq: done.entry.seq, daoutrx: done.entry.daoutrx } }
}

// What is no JSON is refused by the parsers as no object.
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

function problem(status: number, error: string): ControlAnswer {
  return { status, json: { error } }
}
