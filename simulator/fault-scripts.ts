// Faults ordered through POST /_faults. A script waits for exchanges that match it and spends itself
// `times` times; of several that match, the oldest goes first. Only a request that passes every rule
// of its step can match, so a script is never spent on a request that would have been refused anyway.

import {
  executeFaultNames,
  readyFaultNames,
  type DueFault,
  type ExecuteFaultName,
  type ReadyFaultName,
} from './fault-plans.ts'

/** What an exchange shows a script to match on. */
export interface Matchable {
  readonly cpid: string
  readonly paymethod: string
  /** For a cancel: the approval's. Empty at the ready step, unless the client sent it there. */
  readonly orderno: string
  readonly cancel: boolean
}

const steps = ['ready', 'execute', 'notification'] as const
type Step = (typeof steps)[number]

/** Of the first attempt at a notification; its repetitions are as they should be. */
export const notificationFaultNames = [
  'dropped',
  'duplicated',
  'late',
  'altered_amount',
  'altered_cpid',
  'wrong_method',
  'as_post',
] as const

export type NotificationFaultName = (typeof notificationFaultNames)[number]
export type NotificationFault = DueFault<NotificationFaultName>

const faultNames: Readonly<Record<Step, readonly string[]>> = {
  ready: readyFaultNames,
  execute: executeFaultNames,
  notification: notificationFaultNames,
}

interface Match {
  readonly step: Step
  readonly cpid: string | null
  readonly paymethod: string | null
  readonly orderno: string | null
  readonly cancel: boolean | null
}

export interface FaultScript extends DueFault<string> {
  readonly match: Match
  times: number
}

export type ParsedScripts =
  | { readonly kind: 'scripts'; readonly scripts: readonly FaultScript[] }
  | { readonly kind: 'invalid'; readonly message: string }

export class FaultScripts {
  #pending: FaultScript[] = []

  add(scripts: readonly FaultScript[]): void {
    this.#pending.push(...scripts)
  }

  get pending(): readonly FaultScript[] {
    return this.#pending
  }

  clear(): void {
    this.#pending = []
  }

  takeReady(seen: Matchable): DueFault<ReadyFaultName> | null {
    return this.#take('ready', seen) as DueFault<ReadyFaultName> | null
  }

  takeExecute(seen: Matchable): DueFault<ExecuteFaultName> | null {
    return this.#take('execute', seen) as DueFault<ExecuteFaultName> | null
  }

  takeNotification(seen: Matchable): NotificationFault | null {
    return this.#take('notification', seen) as NotificationFault | null
  }

  #take(step: Step, seen: Matchable): FaultScript | null {
    const script = this.#pending.find(({ match }) => match.step === step && fits(match, seen))
    if (script === undefined) return null
    script.times -= 1
    if (script.times === 0) this.#pending = this.#pending.filter((other) => other !== script)
    return script
  }
}

function fits(match: Match, seen: Matchable): boolean {
  return (
    (match.cpid ?? seen.cpid) === seen.cpid &&
    (match.paymethod ?? seen.paymethod) === seen.paymethod &&
    (match.orderno ?? seen.orderno) === seen.orderno &&
    (match.cancel ?? seen.cancel) === seen.cancel
  )
}

/** Reads one script or an array of them; one mistake and none is taken. */
export function parseScripts(body: unknown): ParsedScripts {
  const scripts: FaultScript[] = []
  for (const given of Array.isArray(body) ? (body as unknown[]) : [body]) {
    const parsed = parseScript(given)
    if (typeof parsed === 'string') return { kind: 'invalid', message: parsed }
    scripts.push(parsed)
  }
  return { kind: 'scripts', scripts }
}

const scriptKeys: ReadonlySet<string> = new Set([
  'match',
  'fault',
  'times',
  'delayMs',
  'resultCode',
  'errorMessage',
  'commit',
])

const matchKeys: ReadonlySet<string> = new Set(['step', 'cpid', 'paymethod', 'orderno', 'cancel'])

function parseScript(given: unknown): FaultScript | string {
  if (!isRecord(given)) return 'a fault must be a JSON object'
  const unknown = Object.keys(given).find((key) => !scriptKeys.has(key))
  if (unknown !== undefined) return `unknown key: ${unknown}`
  const match = parseMatch(given['match'] ?? {})
  if (typeof match === 'string') return match
  const { fault } = given
  const names = faultNames[match.step]
  if (typeof fault !== 'string' || !names.includes(fault)) {
    return `fault of the ${match.step} step must be one of: ${names.join(', ')}`
  }
  const course = parseCourse(given)
  if (typeof course === 'string') return course
  const result = parseResult(fault, given)
  if (typeof result === 'string') return result
  return { match, name: fault, ...course, ...result }
}

function parseCourse(
  given: Record<string, unknown>,
): { times: number; delayMs: number | null; commit: boolean } | string {
  const { times = 1, delayMs = null, commit = false } = given
  if (!isWhole(times, 1, 1_000_000)) return 'times must be a whole number from 1 to 1000000'
  if (delayMs !== null && !isWhole(delayMs, 0, 600_000)) {
    return 'delayMs must be a whole number from 0 to 600000'
  }
  if (typeof commit !== 'boolean') return 'commit must be true or false'
  return { times, delayMs, commit }
}

function parseResult(
  fault: string,
  given: Record<string, unknown>,
): { resultCode: string; errorMessage: string } | string {
  const { resultCode = '', errorMessage = '' } = given
  if (typeof resultCode !== 'string' || typeof errorMessage !== 'string') {
    return 'resultCode and errorMessage must be strings'
  }
  if ((fault === 'result') !== (resultCode !== '')) {
    return 'resultCode goes with the fault "result", and that one needs it'
  }
  return { resultCode, errorMessage }
}

function parseMatch(given: unknown): Match | string {
  if (!isRecord(given)) return 'match must be a JSON object'
  const unknown = Object.keys(given).find((key) => !matchKeys.has(key))
  if (unknown !== undefined) return `unknown key in match: ${unknown}`
  const filled = { step: 'execute', cpid: null, paymethod: null, orderno: null, ...given }
  const { step, cpid, paymethod, orderno } = filled
  if (!isStep(step)) return `match.step must be one of ${steps.join(', ')}`
  if (!isTextOrNull(cpid) || !isTextOrNull(paymethod) || !isTextOrNull(orderno)) {
    return 'match.cpid, match.paymethod and match.orderno must be strings'
  }
  const cancel = given['cancel'] ?? null
  if (cancel !== null && typeof cancel !== 'boolean') return 'match.cancel must be true or false'
  return { step, cpid, paymethod, orderno, cancel }
}

function isStep(value: unknown): value is Step {
  return steps.includes(value as Step)
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
