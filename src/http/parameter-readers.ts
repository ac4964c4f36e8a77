// One reader per schema type: it takes what a client sent, in any spelling V1 clients use, and gives the
// declared type. A value that cannot be meant (true as an amount, a fraction of a won, 2^53) is refused.

import type { TSchema } from 'typebox'
import { RepeatedValue } from './php-form.ts'

/** Collected over the whole request, so that one answer names every fault. */
export interface Issues {
  readonly missing: string[]
  readonly malformed: string[]
}

/** Reads a present (not blank) value; reports to `issues` and answers undefined when it cannot be read. */
export type Reader = (raw: unknown, name: string, issues: Issues) => unknown

/** The JSON Schema words we understand; anything else in a parameter schema stops the start-up. */
export interface SchemaWords {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly SchemaWords[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: TSchema
  readonly default?: unknown
  readonly [jsonTextKeyword]?: true
}

/** Marks a string parameter that clients also send as a JSON object; see `jsonText`. */
export const jsonTextKeyword = 'x-json-text'

/** `null` and `""` mean absent everywhere in V1. */
export function isBlank(raw: unknown): boolean {
  return raw === undefined || raw === null || raw === ''
}

export function report(issues: Issues, name: string, rule: string): undefined {
  issues.malformed.push(`${name} (${rule})`)
  return undefined
}

export function scalarReader(words: SchemaWords): Reader | undefined {
  const choices = choicesOf(words)
  if (choices !== undefined) return choiceReader(choices)
  if (words.type === 'integer') return integerReader(words)
  if (words.type === 'boolean') return readBoolean
  if (words.type === 'string') return stringReader(words)
  return undefined
}

// A zero fraction is what a decimal type prints (3000.00) and can only mean the integer; an exponent, hex
// digits, a thousands separator or a sign of its own can be a slip, and are refused.
const integerText = /^-?\d{1,16}(?:\.0+)?$/

/** The integer that is meant, or undefined when none is. */
export function integerMeantBy(raw: unknown): number | undefined {
  const text = typeof raw === 'string' ? raw.trim() : undefined
  if (text !== undefined && !integerText.test(text)) return undefined
  const number = text === undefined ? raw : Number(text)
  // Adding 0 turns -0 into 0. JSON.parse has already rounded a number past 2^53, so it is refused.
  return typeof number === 'number' && Number.isSafeInteger(number) ? number + 0 : undefined
}

function integerReader(words: SchemaWords): Reader {
  const minimum = words.minimum ?? Number.MIN_SAFE_INTEGER
  const maximum = words.maximum ?? Number.MAX_SAFE_INTEGER
  const rule = integerRule(words)
  return (raw, name, issues) => {
    const number = integerMeantBy(raw)
    if (number === undefined || number < minimum || number > maximum) {
      return report(issues, name, rule)
    }
    return number
  }
}

function integerRule(words: SchemaWords): string {
  const bounds: string[] = []
  if (words.minimum !== undefined) bounds.push(`${words.minimum} 이상`)
  if (words.maximum !== undefined) bounds.push(`${words.maximum} 이하`)
  return bounds.length === 0 ? '정수여야 합니다.' : `${bounds.join(' ')}의 정수여야 합니다.`
}

function readBoolean(raw: unknown, name: string, issues: Issues): boolean | undefined {
  // Python clients print True and False into forms, hence the lower case.
  const sent = typeof raw === 'string' ? raw.trim().toLowerCase() : raw
  if (sent === true || sent === 1 || sent === '1' || sent === 'true') return true
  if (sent === false || sent === 0 || sent === '0' || sent === 'false') return false
  return report(issues, name, 'true 또는 false여야 합니다.')
}

function stringReader(words: SchemaWords): Reader {
  const checkText = textChecker(words)
  const asText = words[jsonTextKeyword] === true ? jsonTextOf : textOf
  return (raw, name, issues) => {
    const text = asText(raw)
    if (text === undefined) return report(issues, name, '문자열이어야 합니다.')
    const fault = checkText(text)
    return fault === undefined ? text : report(issues, name, fault)
  }
}

/** A number past 2^53 has lost digits in JSON.parse: as an order number it would name another order. */
function textOf(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw
  if (typeof raw !== 'number' || Math.abs(raw) > Number.MAX_SAFE_INTEGER) return undefined
  return String(raw)
}

function jsonTextOf(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw instanceof RepeatedValue) return textOf(raw)
  try {
    return JSON.stringify(raw)
  } catch {
    // Nested deeper than the stack allows.
    return undefined
  }
}

function textChecker(words: SchemaWords): (text: string) => string | undefined {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = words
  const pattern = words.pattern === undefined ? undefined : new RegExp(words.pattern, 'u')
  return (text) => {
    // PostgreSQL's text holds neither; a half of a surrogate pair would be stored as something else.
    if (text.includes('\0') || !text.isWellFormed())
      return '사용할 수 없는 문자가 포함되어 있습니다.'
    if (text.length > maxLength && characterCount(text) > maxLength) {
      return `${maxLength}자 이하여야 합니다.`
    }
    if (minLength > 0 && characterCount(text) < minLength)
      return `${minLength}자 이상이어야 합니다.`
    if (pattern !== undefined && !pattern.test(text)) return '형식이 올바르지 않습니다.'
    return undefined
  }
}

/** Limits count characters, not UTF-16 units: an emoji in a buyer's name is one. */
function characterCount(text: string): number {
  return Array.from(text).length
}

function choicesOf(words: SchemaWords): readonly unknown[] | undefined {
  if (words.enum !== undefined) return words.enum
  if (words.const !== undefined) return [words.const]
  if (words.anyOf?.every((choice) => choice.const !== undefined) === true) {
    return words.anyOf.map((choice) => choice.const)
  }
  return undefined
}

function choiceReader(choices: readonly unknown[]): Reader {
  const bySpelling = new Map(choices.map((choice) => [String(choice), choice]))
  const rule = `${[...bySpelling.keys()].join(', ')} 중 하나여야 합니다.`
  return (raw, name, issues) => {
    const choice = bySpelling.get(textOf(raw)?.trim() ?? '')
    return choice === undefined ? report(issues, name, rule) : choice
  }
}
