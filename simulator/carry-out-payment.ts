// The books' side of SUGI, KEYGEN and BATCH: what a payment request comes to, decided and described
// without awaiting anything, so that two requests at once are two requests one after the other.

import { isDecline } from './fault-plans.ts'
import { kstMonth, kstStamp } from './kst.ts'
import { hashAutokey, type NewEntry } from './ledger-entry.ts'
import type {
  KeyChargeRequest,
  KeyInRequest,
  KeyIssueRequest,
  PaymentRequest,
} from './execute-request.ts'
import type { PgState } from './pg-state.ts'
import { resultOf, type Result, type ResultName } from './result-codes.ts'
import type { ChargeBehaviour } from './test-cards.ts'
import { unreachable } from './unreachable.ts'
import type { Fields } from './wire-decoding.ts'

/** What a request does: entries for the ledger and fields for the answer (TOKEN is added later). */
export interface Effect {
  readonly entries: readonly NewEntry[]
  readonly result: Result
  readonly fields: Fields
}

/** `forced`: a refusal ordered by a fault script, before anything else is looked at. */
export function carryOutPayment(
  state: PgState,
  request: PaymentRequest,
  forced: Result | null,
): Effect {
  const refusal = forced ?? refusalOf(state, request)
  if (refusal !== null) return refusePayment(state, request, refusal)
  switch (request.kind) {
    case 'key_in':
      return approveKeyIn(state, request)
    case 'key_issue':
      return issueKey(state, request)
    case 'key_charge':
      return approveKeyCharge(state, request)
    default:
      return unreachable(request)
  }
}

function refusalOf(state: PgState, request: PaymentRequest): Result | null {
  const name = refusalName(state, request)
  return name === null ? null : resultOf(name, state.settings)
}

function refusalName(state: PgState, request: PaymentRequest): ResultName | null {
  switch (request.kind) {
    case 'key_in':
      return chargeRefusal(state, request, request.card.atCharge, expiryOf(request))
    case 'key_issue':
      if (request.card.atIssue !== null) return request.card.atIssue
      if (request.direct) {
        return chargeRefusal(state, request, request.card.atCharge, expiryOf(request))
      }
      return isPast(state, expiryOf(request)) ? 'expired' : null
    case 'key_charge': {
      const key = state.ledger.key(request.keyHash)
      // A key belongs to the contract and the route that issued it.
      if (
        key === undefined ||
        key.entry.cpid !== request.contract.cpid ||
        key.entry.paymethod !== request.paymethod.replace('BATCH', 'KEYGEN')
      ) {
        return 'unknown_key'
      }
      if (key.stopped) return 'stopped_key'
      return chargeRefusal(state, request, key.entry.behaviour, key.entry.expiry)
    }
    default:
      return unreachable(request)
  }
}

function chargeRefusal(
  state: PgState,
  request: PaymentRequest,
  behaviour: ChargeBehaviour,
  expiry: string | null,
): ResultName | null {
  if (
    state.settings.duplicateOrder === 'refuse' &&
    state.ledger.hasApprovedOrder(request.contract.cpid, request.orderno)
  ) {
    return 'duplicate_order'
  }
  if (isDecline(behaviour)) return behaviour
  return isPast(state, expiry) ? 'expired' : null
}

// A card is good through the month printed on it.
function isPast(state: PgState, expiry: string | null): boolean {
  return expiry !== null && expiry < kstMonth(state.now())
}

function expiryOf(request: KeyInRequest | KeyIssueRequest): string | null {
  return request.card.expires ? request.expiry : null
}

function approveKeyIn(state: PgState, request: KeyInRequest): Effect {
  const authorised = authorise(state)
  const { authno } = authorised
  const card = { card: request.card.masked, cardcode: request.card.cardCode, keyHash: '', authno }
  return succeed(
    state,
    [approval(state, request, authorised.daoutrx, card)],
    { ...chargeFields(state, request, authorised), ...merchantFields, CARDCODE: card.cardcode },
    ['CARDCODE'],
  )
}

function approveKeyCharge(state: PgState, request: KeyChargeRequest): Effect {
  const authorised = authorise(state)
  const key = state.ledger.key(request.keyHash)
  const card = {
    authno: authorised.authno,
    card: key?.entry.card ?? '',
    cardcode: key?.entry.cardcode ?? '',
    keyHash: request.keyHash,
  }
  return succeed(
    state,
    [approval(state, request, authorised.daoutrx, card)],
    // The one live sample of a BATCH answer has AUTOKEY and no CARDCODE.
    { ...chargeFields(state, request, authorised), ...merchantFields, AUTOKEY: request.autokey },
    [],
  )
}

function issueKey(state: PgState, request: KeyIssueRequest): Effect {
  const { autokey, entry } = makeKey(state, request)
  const issued = {
    PAYMETHOD: request.paymethod,
    ORDERNO: request.orderno,
    AUTOKEY: autokey,
    GENDATE: kstStamp(state.now()),
    CARDCODE: request.card.cardCode,
    ...merchantFields,
  }
  const dropped = ['ORDERNO', 'CPNAME', 'CPURL', 'CPTELNO']
  if (!request.direct) return succeed(state, [entry], issued, dropped)
  const authorised = authorise(state)
  const { card: masked, cardcode, keyHash } = entry
  const card = { card: masked, cardcode, keyHash, authno: authorised.authno }
  const charge =
    state.settings.directAnswer === 'key_and_charge' ? chargeFields(state, request, authorised) : {}
  return succeed(
    state,
    [entry, approval(state, request, authorised.daoutrx, card)],
    { ...charge, ...issued },
    dropped,
  )
}

function makeKey(state: PgState, request: KeyIssueRequest) {
  const stamp = kstStamp(state.now())
  const month = String.fromCharCode(64 + Number(stamp.slice(4, 6)))
  let autokey: string
  do {
    // C, the year, a letter for the month, seven alphanumerics: the shape of two samples.
    autokey = `C${stamp.slice(0, 4)}${month}${state.random.alphanumerics(7)}`
  } while (state.ledger.key(hashAutokey(autokey)) !== undefined)
  const entry = {
    kind: 'key_issue',
    cpid: request.contract.cpid,
    paymethod: request.paymethod,
    orderno: request.orderno,
    amountWon: 0,
    daoutrx: '',
    resultcode: resultOf('ok', state.settings).code,
    keyHash: hashAutokey(autokey),
    card: request.card.masked,
    cardcode: request.card.cardCode,
    expiry: expiryOf(request),
    behaviour: request.card.atCharge,
  } as const satisfies NewEntry
  return { autokey, entry }
}

// The id exists before authorisation, so a decline has one too.
function refusePayment(state: PgState, request: PaymentRequest, refusal: Result): Effect {
  const daoutrx = openTransaction(state)
  const decline: NewEntry = {
    kind: 'decline',
    cpid: request.contract.cpid,
    paymethod: request.paymethod,
    orderno: request.orderno,
    amountWon: request.amountWon,
    daoutrx,
    resultcode: refusal.code,
    message: refusal.message,
  }
  const fields = { PAYMETHOD: request.paymethod, DAOUTRX: daoutrx, ORDERNO: request.orderno }
  const keepsKey =
    request.kind === 'key_issue' &&
    request.direct &&
    request.card.atIssue === null &&
    state.settings.failedDirectKeepsKey
  if (!keepsKey) return { entries: [decline], result: refusal, fields }
  const { autokey, entry } = makeKey(state, request)
  return { entries: [entry, decline], result: refusal, fields: { ...fields, AUTOKEY: autokey } }
}

function approval(
  state: PgState,
  request: PaymentRequest,
  daoutrx: string,
  card: { card: string; cardcode: string; keyHash: string; authno: string },
): NewEntry {
  return {
    kind: 'approval',
    cpid: request.contract.cpid,
    paymethod: request.paymethod,
    orderno: request.orderno,
    amountWon: request.amountWon,
    daoutrx,
    resultcode: resultOf('ok', state.settings).code,
    billtype: request.billtype,
    quota: request.quota,
    taxfreecd: request.taxfreecd,
    ...card,
  }
}

/** What an approval is known by. */
interface Authorised {
  readonly daoutrx: string
  readonly authno: string
}

function authorise(state: PgState): Authorised {
  return { daoutrx: openTransaction(state), authno: state.random.digits(8) }
}

function chargeFields(
  state: PgState,
  request: PaymentRequest,
  { daoutrx, authno }: Authorised,
): Fields {
  return {
    PAYMETHOD: request.paymethod,
    DAOUTRX: daoutrx,
    ORDERNO: request.orderno,
    AMOUNT: String(request.amountWon),
    AUTHNO: authno,
    AUTHDATE: kstStamp(state.now()),
  }
}

export const merchantFields: Fields = {
  CPNAME: '테스트상점',
  CPURL: 'https://shop.example',
  CPTELNO: '02-0000-0000',
}

/** An answer of success; under `answerFields: sparse` without the fields that are not sure to exist. */
export function succeed(
  state: PgState,
  entries: readonly NewEntry[],
  fields: Fields,
  unsureFields: readonly string[],
): Effect {
  const sparse = state.settings.answerFields === 'sparse'
  const kept = Object.entries(fields).filter(([name]) => !sparse || !unsureFields.includes(name))
  return {
    entries,
    result: resultOf('ok', state.settings),
    fields: Object.fromEntries(kept),
  }
}

/** A new DAOUTRX: CTS, yyMMddHHmmss in KST, five digits. */
export function openTransaction(state: PgState): string {
  const stamp = kstStamp(state.now()).slice(2)
  // Following the ledger's numbers, ids stay apart across restarts too.
  let suffix = state.ledger.nextSeq
  for (;;) {
    const daoutrx = `CTS${stamp}${String(suffix % 100_000).padStart(5, '0')}`
    if (state.ledger.approval(daoutrx) === undefined) return daoutrx
    suffix += 1
  }
}
