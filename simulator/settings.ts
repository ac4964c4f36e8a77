// Where public material is silent or contradicts itself, the choice is a named setting. Defaults are
// the harsher reading: a client that survives them survives the milder one.

import { resultNames, type CodeSettings } from './result-codes.ts'

export interface LatencyMs {
  /** Median; 0 switches the delay off. */
  readonly p50: number
  readonly p99: number
}

export interface Settings extends CodeSettings {
  /** Whether Content-Type must declare charset EUC-KR. `any` decodes what it declares, else EUC-KR. */
  readonly contentType: 'charset_required' | 'any'
  /** Bytes or characters outside EUC-KR (KS X 1001). `accept` decodes loosely, as CP949. */
  readonly undecodable: 'refuse' | 'accept'
  readonly overLong: 'refuse' | 'accept'
  /** JSON values that are not strings. `accept` turns numbers and booleans into text. */
  readonly nonString: 'refuse' | 'accept'
  /** Which source says what is required; `union`: whatever either asks for. */
  readonly requiredFields: 's1' | 's4' | 'union'
  /** Where the tax-free part of a mixed payment travels, other than in CARD-BATCH (always PRODUCTCODE). */
  readonly mixedTaxField: 'productcode' | 'ignored'
  /** What the 20 of CANCELREASON counts. */
  readonly cancelReasonUnit: 'characters' | 'bytes'
  readonly tokenLifetimeMs: number
  readonly tokenSingleUse: boolean
  /** Whether a successful ready step also says RESULTCODE 0000. */
  readonly readyResultCode: boolean
  /** How a refused ready step answers: RESULTCODE and ERRORMESSAGE, or the literal pair FAIL, FAIL. */
  readonly readyFailure: 'code' | 'fail_fail'
  readonly responseCharset: 'euc-kr' | 'utf-8'
  /** Whether the response's Content-Type names its charset. */
  readonly responseCharsetHeader: boolean
  readonly errorStatus: 'always_200' | 'by_error'
  /** `sparse` leaves out every response field that some source lacks. */
  readonly answerFields: 'full' | 'sparse'
  /** Whether KEYGEN with DIRECT_YN=Y answers with the charge's fields beside AUTOKEY. */
  readonly directAnswer: 'key_and_charge' | 'key_only'
  /** Whether the key survives when the charge of DIRECT_YN=Y is declined. */
  readonly failedDirectKeepsKey: boolean
  readonly duplicateOrder: 'accept' | 'refuse'
  /** What `[STOPREQ]` at the head of CANCELREASON does to a CARD-BATCH cancel. */
  readonly stopRequest: 'stop_key' | 'off'
  /** Cancels of less than the rest, per approval; 0: without limit. */
  readonly partialCancelsMax: number
  /** Whether a cancel's TRXID is the approval's id or one of its own. */
  readonly cancelId: 'approval' | 'own'
  /** Execute steps per second, per CPID and PAYMETHOD; 0: without limit. */
  readonly ratePerSecond: number
  readonly latencyMs: LatencyMs
  readonly readyLatencyMs: LatencyMs
  readonly slowMs: number
  readonly verySlowMs: number
  /** Where notifications go, by CPID, `*` for all others; empty: nowhere. */
  readonly notificationUrls: Readonly<Record<string, string>>
  /** Whether the first attempt goes before the answer of the execute step. */
  readonly notificationTiming: 'after' | 'before'
  readonly notificationDelayMs: number
  readonly notificationEveryMs: number
  /** No more attempts when so much has passed since the transaction. */
  readonly notificationWindowMs: number
  readonly notificationTimeoutMs: number
  readonly notificationCancels: boolean
  readonly notificationDateField: 'SETTDATE' | 'AUTHDATE'
  readonly notificationResultCode: boolean
  readonly notificationFullPan: boolean
  /** HTTP status of the daily file; other than 200 it is a page. */
  readonly reportStatus: number
  /** Whether the file ends with </DATA>. */
  readonly reportIsWhole: boolean
  /** A transaction is in the file only so long after it was made. */
  readonly reportLagMs: number
  /** Which PAYMETHODs are listed: their names without CARD- or CARDK-. */
  readonly reportMethods: readonly string[]
  readonly reportTimeFormat: 'stamp' | 'separated' | 'time'
  readonly reportExtraColumns: boolean
  readonly reportCancelAmount: 'positive' | 'negative'
  readonly reportLineEnding: 'lf' | 'crlf'
  /** How a wrong CPID or password is refused: a page with status 200, or 403. */
  readonly reportAuthFailure: 'page' | 'status'
}

export const defaultSettings: Settings = {
  contentType: 'charset_required',
  undecodable: 'refuse',
  overLong: 'refuse',
  nonString: 'refuse',
  requiredFields: 's1',
  mixedTaxField: 'productcode',
  cancelReasonUnit: 'characters',
  tokenLifetimeMs: 300_000,
  tokenSingleUse: true,
  readyResultCode: false,
  readyFailure: 'code',
  responseCharset: 'euc-kr',
  responseCharsetHeader: true,
  errorStatus: 'always_200',
  answerFields: 'full',
  directAnswer: 'key_and_charge',
  failedDirectKeepsKey: false,
  duplicateOrder: 'accept',
  stopRequest: 'stop_key',
  partialCancelsMax: 0,
  cancelId: 'approval',
  ratePerSecond: 0,
  latencyMs: { p50: 0, p99: 0 },
  readyLatencyMs: { p50: 0, p99: 0 },
  slowMs: 28_000,
  verySlowMs: 90_000,
  notificationUrls: {},
  notificationTiming: 'after',
  notificationDelayMs: 0,
  notificationEveryMs: 180_000,
  notificationWindowMs: 7_200_000,
  notificationTimeoutMs: 9_000,
  notificationCancels: true,
  notificationDateField: 'SETTDATE',
  notificationResultCode: false,
  notificationFullPan: false,
  reportStatus: 200,
  reportIsWhole: true,
  reportLagMs: 0,
  reportMethods: ['SUGI', 'KEYGEN', 'BATCH'],
  reportTimeFormat: 'stamp',
  reportExtraColumns: false,
  reportCancelAmount: 'positive',
  reportLineEnding: 'lf',
  reportAuthFailure: 'page',
  meaning9103: 'bill_type',
  resultCodes: {},
}

interface Check {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const latency: Check = {
  expected: '{"p50": ms, "p99": ms} with p50 ≤ p99 ≤ 600000',
  holds: (value) => {
    if (!isRecord(value)) return false
    const { p50, p99, ...rest } = value
    if (Object.keys(rest).length > 0) return false
    return isWhole(p50, 600_000) && isWhole(p99, 600_000) && Number(p50) <= Number(p99)
  },
}

const codes: Check = {
  expected: `an object of result name → code, names: ${resultNames.join(', ')}`,
  holds: (value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([name, code]) =>
        (resultNames as readonly string[]).includes(name) &&
        typeof code === 'string' &&
        /^[0-9A-Za-z-]{1,10}$/.test(code),
    ),
}

const checks: Readonly<Record<keyof Settings, Check>> = {
  contentType: oneOf('charset_required', 'any'),
  undecodable: oneOf('refuse', 'accept'),
  overLong: oneOf('refuse', 'accept'),
  nonString: oneOf('refuse', 'accept'),
  requiredFields: oneOf('s1', 's4', 'union'),
  mixedTaxField: oneOf('productcode', 'ignored'),
  cancelReasonUnit: oneOf('characters', 'bytes'),
  tokenLifetimeMs: whole(86_400_000),
  tokenSingleUse: oneOf(true, false),
  readyResultCode: oneOf(true, false),
  readyFailure: oneOf('code', 'fail_fail'),
  responseCharset: oneOf('euc-kr', 'utf-8'),
  responseCharsetHeader: oneOf(true, false),
  errorStatus: oneOf('always_200', 'by_error'),
  answerFields: oneOf('full', 'sparse'),
  directAnswer: oneOf('key_and_charge', 'key_only'),
  failedDirectKeepsKey: oneOf(true, false),
  duplicateOrder: oneOf('accept', 'refuse'),
  stopRequest: oneOf('stop_key', 'off'),
  partialCancelsMax: whole(1000),
  cancelId: oneOf('approval', 'own'),
  ratePerSecond: whole(100_000),
  latencyMs: latency,
  readyLatencyMs: latency,
  slowMs: whole(600_000),
  verySlowMs: whole(600_000),
  notificationUrls: {
    expected: 'an object of CPID (or *) → http URL',
    holds: (value) =>
      isRecord(value) &&
      Object.values(value).every((url) => typeof url === 'string' && /^https?:/.test(url)),
  },
  notificationTiming: oneOf('after', 'before'),
  notificationDelayMs: whole(86_400_000),
  notificationEveryMs: whole(86_400_000),
  notificationWindowMs: whole(86_400_000),
  notificationTimeoutMs: whole(600_000),
  notificationCancels: oneOf(true, false),
  notificationDateField: oneOf('SETTDATE', 'AUTHDATE'),
  notificationResultCode: oneOf(true, false),
  notificationFullPan: oneOf(true, false),
  reportStatus: whole(599),
  reportIsWhole: oneOf(true, false),
  reportLagMs: whole(86_400_000),
  reportMethods: {
    expected: 'an array of SUGI, KEYGEN, BATCH',
    holds: (value) =>
      Array.isArray(value) &&
      value.every((name: unknown) => ['SUGI', 'KEYGEN', 'BATCH'].includes(name as string)),
  },
  reportTimeFormat: oneOf('stamp', 'separated', 'time'),
  reportExtraColumns: oneOf(true, false),
  reportCancelAmount: oneOf('positive', 'negative'),
  reportLineEnding: oneOf('lf', 'crlf'),
  reportAuthFailure: oneOf('page', 'status'),
  meaning9103: oneOf('bill_type', 'link_key'),
  resultCodes: codes,
}

export type PatchedSettings =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'invalid'; readonly message: string }

/** Lays a patch over the settings; one bad entry and nothing changes. */
export function patchSettings(current: Settings, patch: unknown): PatchedSettings {
  if (!isRecord(patch)) return { kind: 'invalid', message: 'settings must be a JSON object' }
  for (const [name, value] of Object.entries(patch)) {
    if (!Object.hasOwn(checks, name)) {
      return { kind: 'invalid', message: `unknown setting: ${name}` }
    }
    const check = checks[name as keyof Settings]
    if (!check.holds(value)) {
      return { kind: 'invalid', message: `${name} must be ${check.expected}` }
    }
  }
  return { kind: 'settings', settings: { ...current, ...(patch as Partial<Settings>) } }
}

function oneOf(...choices: readonly (string | boolean)[]): Check {
  return {
    expected: `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
    holds: (value) => choices.includes(value as string | boolean),
  }
}

function whole(max: number): Check {
  return { expected: `a whole number from 0 to ${max}`, holds: (value) => isWhole(value, max) }
}

function isWhole(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
