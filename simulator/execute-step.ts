// Step 2, POST RETURNURL: the token is spent, the request judged, its effect written to the ledger,
// and only then the answer leaves, unless a fault has other plans for it. Everything up to the first
// wait happens in one turn of the event loop, and so does the effect with its ledger entry.

import { carryOutCancel, approvalOf } from './carry-out-cancel.ts'
import { carryOutPayment, type Effect } from './carry-out-payment.ts'
import { refusalReply, type Reply } from './deliver-answer.ts'
import { readExecute, type ExecuteRequest } from './execute-request.ts'
import {
  isCardFault,
  planExecute,
  type AlteredAnswer,
  type AnswerShape,
  type DueFault,
  type ExecuteFaultName,
  type FaultPlan,
} from './fault-plans.ts'
import type { AnswerFate, LedgerEntry } from './ledger-entry.ts'
import type { ToldEntry } from './notifications.ts'
import type { PgState, WireCall } from './pg-state.ts'
import { logNormalMs } from './randomness.ts'
import { resultOf, type Result } from './result-codes.ts'
import type { Grant } from './tokens.ts'
import { unreachable } from './unreachable.ts'
import { decodeRequest, refused, type Fields, type Refused } from './wire-decoding.ts'

/** A reply, and the ledger entries whose fate depends on whether it arrives. */
export interface ExecuteAnswer {
  readonly reply: Reply
  readonly seqs: readonly number[]
  /** What the entries say of the answer so far. */
  readonly fate: AnswerFate
}

export async function executeStep(state: PgState, call: WireCall): Promise<ExecuteAnswer> {
  const grant = redeemToken(state, call)
  if ('kind' in grant) return turnAway(state, call, grant)
  const decoded = decodeRequest(call.contentType, call.body, state.settings)
  if (decoded.kind === 'refused') return recordRefusal(state, call, { grant, refusal: decoded })
  const request = admit(state, grant, decoded.fields)
  if (request.kind === 'refused') {
    return recordRefusal(state, call, { grant, refusal: request, fields: decoded.fields })
  }
  const plan = planExecute(dueFault(state, request), state.settings)
  const { p50, p99 } = state.settings.latencyMs
  await state.delay(logNormalMs(state.waits, p50, p99) + plan.beforeMs)
  return carryOut(state, call, request, plan)
}

/** Finds and spends the token, or says why it does not count. */
function redeemToken(state: PgState, call: WireCall): Grant | Refused {
  const token = call.token ?? ''
  const grant = state.tokens.find(token)
  if (grant === undefined || grant.path !== call.path) return refused('token_invalid', 'TOKEN')
  if (call.authorization !== grant.contract.linkKey) {
    return refused('link_key_refused', 'Authorization')
  }
  if (state.now() - grant.issuedAtMs > state.settings.tokenLifetimeMs) {
    return refused('token_expired', 'TOKEN')
  }
  if (state.settings.tokenSingleUse) state.tokens.spend(token)
  return grant
}

function admit(state: PgState, grant: Grant, fields: Fields): ExecuteRequest | Refused {
  const request = readExecute(grant, fields, state.settings)
  if (request.kind === 'refused') return request
  return withinRate(state, grant) ? request : refused('rate_exceeded', 'CPID')
}

function withinRate(state: PgState, grant: Grant): boolean {
  const { ratePerSecond } = state.settings
  if (ratePerSecond === 0) return true
  const second = Math.floor(state.now() / 1000)
  const key = `${grant.contract.cpid} ${grant.paymethod}`
  const seen = state.rate.get(key)
  const count = seen?.second === second ? seen.count + 1 : 1
  state.rate.set(key, { second, count })
  return count <= ratePerSecond
}

// A script goes before the card's own fault.
function dueFault(state: PgState, request: ExecuteRequest): DueFault<ExecuteFaultName> | null {
  const cancel = request.kind === 'cancel'
  const orderno = cancel ? (approvalOf(state, request)?.entry.orderno ?? '') : request.orderno
  const { contract, paymethod } = request
  const scripted = state.faults.takeExecute({ cpid: contract.cpid, paymethod, orderno, cancel })
  if (scripted !== null) return scripted
  const behaviour = chargeBehaviour(state, request)
  if (!isCardFault(behaviour)) return null
  return { name: behaviour, delayMs: null, resultCode: '', errorMessage: '', commit: false }
}

function chargeBehaviour(state: PgState, request: ExecuteRequest): string {
  switch (request.kind) {
    case 'key_in':
      return request.card.atCharge
    case 'key_issue':
      return request.direct ? request.card.atCharge : ''
    case 'key_charge':
      return state.ledger.key(request.keyHash)?.entry.behaviour ?? ''
    case 'cancel':
      return ''
    default:
      return unreachable(request)
  }
}

async function carryOut(
  state: PgState,
  call: WireCall,
  request: ExecuteRequest,
  plan: FaultPlan,
): Promise<ExecuteAnswer> {
  let seqs: readonly number[] = []
  let reply: Reply = { kind: 'page', status: 500 }
  const fate = fateOf(plan)
  if (plan.effect !== 'none') {
    const effect =
      request.kind === 'cancel'
        ? carryOutCancel(state, request, plan.refusal)
        : carryOutPayment(state, request, plan.refusal)
    const entries = state.ledger.append(effect.entries, fate, state.now())
    seqs = entries.map(({ seq }) => seq)
    await state.notifications?.tell(entries.filter(isTold))
    reply = shapeReply(state, call, plan.answer, effect)
  } else if (plan.answer.kind === 'reset') {
    reply = { kind: 'reset' }
  }
  try {
    await state.delay(plan.afterMs)
  } catch (error) {
    if (fate === 'pending') state.ledger.amend(seqs, 'lost')
    throw error
  }
  return { reply, seqs, fate }
}

function isTold(entry: LedgerEntry): entry is ToldEntry {
  return entry.kind === 'approval' || (entry.kind === 'cancel' && entry.stoppedKeyHash === '')
}

const spoiledFates: Readonly<Record<Exclude<AnswerShape['kind'], 'as_is'>, AnswerFate>> = {
  reset: 'lost',
  cut: 'lost',
  http_500: 'error_status',
  http_502: 'error_status',
  truncated: 'truncated',
  garbage: 'replaced',
  replaced: 'replaced',
  wrong_token: 'altered',
  wrong_amount: 'altered',
  wrong_order: 'altered',
  missing_transaction: 'altered',
}

function fateOf(plan: FaultPlan): AnswerFate {
  if (plan.answer.kind !== 'as_is') return spoiledFates[plan.answer.kind]
  return plan.afterMs > 0 ? 'pending' : 'delivered'
}

function shapeReply(state: PgState, call: WireCall, answer: AnswerShape, effect: Effect): Reply {
  const fields = { TOKEN: call.token ?? '', ...effect.fields }
  const whole = refusalReply(effect.result, state.settings, fields)
  switch (answer.kind) {
    case 'as_is':
      return whole
    case 'replaced':
      return replacedReply(state, answer.result, call)
    case 'reset':
    case 'cut':
      return { kind: answer.kind }
    case 'http_500':
      return { kind: 'page', status: 500 }
    case 'http_502':
      return { kind: 'page', status: 502 }
    case 'garbage':
      return { kind: 'page', status: 200 }
    case 'truncated':
      return {
        kind: 'truncated',
        fields: { RESULTCODE: effect.result.code, ERRORMESSAGE: effect.result.message, ...fields },
      }
    case 'wrong_token':
    case 'wrong_amount':
    case 'wrong_order':
    case 'missing_transaction':
      return refusalReply(effect.result, state.settings, falsify[answer.kind](fields))
    default:
      return unreachable(answer)
  }
}

// An uncertain answer gives nothing away: neither DAOUTRX nor AUTHNO.
function replacedReply(state: PgState, result: Result, call: WireCall): Reply {
  return refusalReply(result, state.settings, { TOKEN: call.token ?? '' })
}

const falsify: Readonly<Record<AlteredAnswer, (fields: Fields) => Fields>> = {
  wrong_token: (fields) => ({ ...fields, TOKEN: 'f'.repeat(34) }),
  wrong_amount: (fields) => ({ ...fields, AMOUNT: String(Number(fields['AMOUNT'] ?? '0') + 1) }),
  wrong_order: (fields) => ({ ...fields, ORDERNO: `${fields['ORDERNO'] ?? ''}X` }),
  missing_transaction: ({ DAOUTRX: _daoutrx, TRXID: _trxid, ...rest }) => rest,
}

// A request without a good token belongs to nobody, so the ledger does not know it.
function turnAway(state: PgState, call: WireCall, refusal: Refused): ExecuteAnswer {
  const result = resultOf(refusal.result, state.settings)
  const reply = refusalReply(result, state.settings, { TOKEN: call.token ?? '' })
  return { reply, seqs: [], fate: 'delivered' }
}

function recordRefusal(
  state: PgState,
  call: WireCall,
  refusedBy: { readonly grant: Grant; readonly refusal: Refused; readonly fields?: Fields },
): ExecuteAnswer {
  const { grant, refusal, fields = {} } = refusedBy
  const result = resultOf(refusal.result, state.settings)
  const message = `${result.message} (${refusal.detail.slice(0, 50)})`
  const amount = fields['AMOUNT'] ?? ''
  const entries = state.ledger.append(
    [
      {
        kind: 'decline',
        cpid: grant.contract.cpid,
        paymethod: grant.paymethod,
        // A refused value may be of any length and content; the ledger keeps a plain start of it.
        orderno: (fields['ORDERNO'] ?? '').slice(0, 50),
        amountWon: /^[0-9]{1,10}$/.test(amount) ? Number(amount) : 0,
        daoutrx: '',
        resultcode: result.code,
        message,
      },
    ],
    'delivered',
    state.now(),
  )
  const answer = { TOKEN: call.token ?? '' }
  return {
    reply: refusalReply({ ...result, message }, state.settings, answer),
    seqs: entries.map(({ seq }) => seq),
    fate: 'delivered',
  }
}
