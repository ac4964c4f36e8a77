// Step 1, POST /pay/ready: who is asking, for which method; answers where to go and with which token.
// Nothing is charged here and nothing enters the ledger.

import type { BillType, CardRoute, Contract } from './contracts.ts'
import { refusalReply, type Reply } from './deliver-answer.ts'
import { approvalMethods } from './execute-request.ts'
import type { DueFault, ReadyFaultName } from './fault-plans.ts'
import type { PgState, WireCall } from './pg-state.ts'
import { logNormalMs } from './randomness.ts'
import { resultOf, type ResultName } from './result-codes.ts'
import { unreachable } from './unreachable.ts'
import { decodeRequest, refused, type Fields, type Refused } from './wire-decoding.ts'
import { checkFormats, checkValues } from './wire-fields.ts'

interface Asked {
  readonly kind: 'asked'
  readonly contract: Contract
  readonly paymethod: string
  readonly cancel: boolean
  readonly orderno: string
}

export async function readyStep(state: PgState, call: WireCall): Promise<Reply> {
  const asked = readAsked(state, call)
  if (asked.kind === 'refused') return refuseReady(state, asked)
  const { contract, paymethod, cancel, orderno } = asked
  const fault = state.faults.takeReady({ cpid: contract.cpid, paymethod, cancel, orderno })
  const { p50, p99 } = state.settings.readyLatencyMs
  await state.delay(logNormalMs(state.waits, p50, p99) + faultDelayMs(state, fault))
  const [token, grant] = state.tokens.issue(contract, paymethod, cancel, state.now())
  const fields = {
    RETURNURL: call.origin + grant.path,
    TOKEN: token,
    ...(state.settings.readyResultCode ? { RESULTCODE: resultOf('ok', state.settings).code } : {}),
  }
  return fault === null
    ? { kind: 'fields', status: 200, fields }
    : spoilReady(fault, fields, grant.path)
}

function readAsked(state: PgState, call: WireCall): Asked | Refused {
  const decoded = decodeRequest(call.contentType, call.body, state.settings)
  if (decoded.kind === 'refused') return decoded
  const { fields } = decoded
  // Some clients send the whole second step here; only these three fields are looked at for meaning.
  const named = {
    CPID: fields['CPID'] ?? '',
    PAYMETHOD: fields['PAYMETHOD'] ?? '',
    CANCELREQ: fields['CANCELREQ'] ?? '',
  }
  const broken = checkValues(fields, state.settings) ?? checkFormats(named)
  if (broken !== null) return broken
  if (named.CPID === '') return refused('invalid_parameter', 'CPID')
  if (named.PAYMETHOD === '') return refused('invalid_parameter', 'PAYMETHOD')
  const contract = state.contracts.get(named.CPID)
  if (contract === undefined) return refused('unknown_cpid', 'CPID')
  const cancel = named.CANCELREQ === 'Y'
  const closed = contractRefusal(contract, call.authorization, named.PAYMETHOD, cancel)
  if (closed !== null) return closed
  const orderno = fields['ORDERNO'] ?? ''
  return { kind: 'asked', contract, paymethod: named.PAYMETHOD, cancel, orderno }
}

function contractRefusal(
  contract: Contract,
  authorization: string | undefined,
  paymethod: string,
  cancel: boolean,
): Refused | null {
  if (authorization !== contract.linkKey) return refused('link_key_refused', 'Authorization')
  if (contract.status === 'inactive') return refused('merchant_inactive', 'CPID')
  if (contract.status === 'blocked') return refused('merchant_blocked', 'CPID')
  const opened = cancel ? opensCancel(contract, paymethod) : opensApproval(contract, paymethod)
  return opened ? null : refused('pay_method_refused', 'PAYMETHOD')
}

function opensApproval(contract: Contract, paymethod: string): boolean {
  const method = approvalMethods[paymethod]
  if (method === undefined || !contract.routes.includes(method.route)) return false
  const anyOf: readonly BillType[] = method.operation === 'SUGI' ? ['13', '18'] : ['14']
  return anyOf.some((billType) => contract.billTypes.includes(billType))
}

const cancelRoutes: Readonly<Record<string, CardRoute>> = {
  CARD: 'D',
  'CARD-BATCH': 'D',
  CARDK: 'K',
  'CARDK-BATCH': 'K',
}

function opensCancel(contract: Contract, paymethod: string): boolean {
  const route = cancelRoutes[paymethod]
  if (route === undefined || !contract.routes.includes(route)) return false
  // CARD and CARDK also cancel the charge of a KEYGEN, so every contract may need them.
  return !paymethod.endsWith('BATCH') || contract.billTypes.includes('14')
}

// "FAIL, FAIL" is what the manual (1.5) gives for a missing key or an unopened pay method.
const failFailResults: ReadonlySet<ResultName> = new Set([
  'link_key_refused',
  'pay_method_refused',
  'unknown_cpid',
])

function refuseReady(state: PgState, refusal: Refused): Reply {
  const result = resultOf(refusal.result, state.settings)
  if (state.settings.readyFailure === 'fail_fail' && failFailResults.has(refusal.result)) {
    return { kind: 'fields', status: 200, fields: failFail }
  }
  const message = `${result.message} (${refusal.detail})`
  return refusalReply({ ...result, message }, state.settings)
}

const failFail: Fields = { RETURNURL: 'FAIL', TOKEN: 'FAIL' }

function faultDelayMs(state: PgState, fault: DueFault<ReadyFaultName> | null): number {
  if (fault === null) return 0
  if (fault.name === 'timeout') return fault.delayMs ?? state.settings.verySlowMs
  if (fault.name === 'slow') return fault.delayMs ?? state.settings.slowMs
  return fault.delayMs ?? 0
}

function spoilReady(fault: DueFault<ReadyFaultName>, fields: Fields, path: string): Reply {
  switch (fault.name) {
    case 'http_500':
      return { kind: 'page', status: 500 }
    case 'timeout':
      return { kind: 'cut' }
    case 'reset':
      return { kind: 'reset' }
    case 'garbage':
      return { kind: 'page', status: 200 }
    case 'slow':
      return { kind: 'fields', status: 200, fields }
    case 'fail_fail':
      return { kind: 'fields', status: 200, fields: failFail }
    case 'foreign_return_url':
      // A host under .invalid never resolves (RFC 2606), so a careless client reaches nobody.
      return {
        kind: 'fields',
        status: 200,
        fields: { ...fields, RETURNURL: `https://pg.invalid${path}` },
      }
    case 'missing_token':
      return { kind: 'fields', status: 200, fields: { RETURNURL: fields['RETURNURL'] ?? '' } }
    case 'result':
      return {
        kind: 'fields',
        status: 200,
        fields: { RESULTCODE: fault.resultCode, ERRORMESSAGE: fault.errorMessage },
      }
    default:
      return unreachable(fault.name)
  }
}
