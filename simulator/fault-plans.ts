// What each fault does to an exchange, as data: whether it takes effect at all, how long it waits
// before and after, and what becomes of the answer.

import { cardFaultNames, declineNames, type CardFaultName, type DeclineName } from './test-cards.ts'
import { resultOf, type Result } from './result-codes.ts'
import type { Settings } from './settings.ts'

/** Faults of the execute step: those of the test cards, their declines, and some only a script asks for. */
export const executeFaultNames = [
  ...cardFaultNames,
  ...declineNames,
  'http_500_before_commit',
  'garbage',
  'wrong_order',
  'missing_transaction',
  'result',
] as const

export type ExecuteFaultName = (typeof executeFaultNames)[number]

export const readyFaultNames = [
  'http_500',
  'timeout',
  'slow',
  'reset',
  'garbage',
  'fail_fail',
  'foreign_return_url',
  'missing_token',
  'result',
] as const

export type ReadyFaultName = (typeof readyFaultNames)[number]

/** A fault that is due now, with what its script asked for. */
export interface DueFault<Name> {
  readonly name: Name
  /** Replaces the delay the settings give; for a fault without one, a wait before its answer. */
  readonly delayMs: number | null
  /** RESULTCODE and ERRORMESSAGE of the fault `result`. */
  readonly resultCode: string
  readonly errorMessage: string
  /** For `result`: whether the request takes effect before the code is answered. */
  readonly commit: boolean
}

export type AnswerShape =
  | { readonly kind: 'as_is' }
  | { readonly kind: 'replaced'; readonly result: Result }
  | { readonly kind: AlteredAnswer }
  | { readonly kind: SpoiledAnswer }

/** Well-formed answers with one falsified field. */
export type AlteredAnswer = 'wrong_token' | 'wrong_amount' | 'wrong_order' | 'missing_transaction'

/** Not an answer any more. */
export type SpoiledAnswer = 'reset' | 'cut' | 'http_500' | 'http_502' | 'truncated' | 'garbage'

export interface FaultPlan {
  /** `none`: the request never reaches the books; `refuse`: they say `refusal`, whatever the card. */
  readonly effect: 'carry_out' | 'refuse' | 'none'
  readonly refusal: Result | null
  readonly beforeMs: number
  readonly afterMs: number
  readonly answer: AnswerShape
}

const undisturbed: FaultPlan = {
  effect: 'carry_out',
  refusal: null,
  beforeMs: 0,
  afterMs: 0,
  answer: { kind: 'as_is' },
}

export function planExecute(
  fault: DueFault<ExecuteFaultName> | null,
  settings: Settings,
): FaultPlan {
  if (fault === null) return undisturbed
  if (isDecline(fault.name)) return refuse(resultOf(fault.name, settings), fault)
  if (fault.name === 'result') return planResult(fault)
  return planSpecial(fault.name, fault, settings)
}

export function isDecline(name: string): name is DeclineName {
  return (declineNames as readonly string[]).includes(name)
}

export function isCardFault(name: string): name is CardFaultName {
  return (cardFaultNames as readonly string[]).includes(name)
}

function planResult(fault: DueFault<ExecuteFaultName>): FaultPlan {
  const result = { code: fault.resultCode, message: fault.errorMessage, httpStatus: 200 }
  if (!fault.commit) return refuse(result, fault)
  return { ...undisturbed, answer: { kind: 'replaced', result }, afterMs: fault.delayMs ?? 0 }
}

function refuse(refusal: Result, fault: DueFault<ExecuteFaultName>): FaultPlan {
  return { ...undisturbed, effect: 'refuse', refusal, afterMs: fault.delayMs ?? 0 }
}

type SpecialName = Exclude<ExecuteFaultName, DeclineName | 'result'>

interface Special {
  readonly effect: 'carry_out' | 'refuse' | 'none'
  readonly answer: 'as_is' | 'uncertain' | AlteredAnswer | SpoiledAnswer
  /** The setting its delay comes from; `null`: none of its own. */
  readonly delay: 'slowMs' | 'verySlowMs' | null
  readonly delayed: 'before' | 'after'
}

const specials: Readonly<Record<SpecialName, Special>> = {
  slow: special({ delay: 'slowMs' }),
  very_slow: special({ delay: 'verySlowMs' }),
  late_commit: special({ delay: 'verySlowMs', delayed: 'before' }),
  reset_before_commit: special({ effect: 'none', answer: 'reset' }),
  http_500_before_commit: special({ effect: 'none', answer: 'http_500' }),
  uncertain_before_commit: special({ effect: 'refuse' }),
  uncertain_after_commit: special({ answer: 'uncertain' }),
  answer_lost: special({ answer: 'cut' }),
  http_502: special({ answer: 'http_502' }),
  truncated: special({ answer: 'truncated' }),
  garbage: special({ answer: 'garbage' }),
  wrong_token: special({ answer: 'wrong_token' }),
  wrong_amount: special({ answer: 'wrong_amount' }),
  wrong_order: special({ answer: 'wrong_order' }),
  missing_transaction: special({ answer: 'missing_transaction' }),
}

function special(given: Partial<Special>): Special {
  return { effect: 'carry_out', answer: 'as_is', delay: null, delayed: 'after', ...given }
}

function planSpecial(
  name: SpecialName,
  fault: DueFault<ExecuteFaultName>,
  settings: Settings,
): FaultPlan {
  const { effect, answer, delay, delayed } = specials[name]
  const uncertain = resultOf('system_error', settings)
  const delayMs = fault.delayMs ?? (delay === null ? 0 : settings[delay])
  return {
    effect,
    refusal: effect === 'refuse' ? uncertain : null,
    beforeMs: delayed === 'before' ? delayMs : 0,
    afterMs: delayed === 'after' ? delayMs : 0,
    answer: answer === 'uncertain' ? { kind: 'replaced', result: uncertain } : { kind: answer },
  }
}
