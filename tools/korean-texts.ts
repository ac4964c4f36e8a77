// Finds the Korean texts of the server, and with which status and code each is answered where the code says so.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface KoreanText {
  readonly text: string
  readonly file: string
  /** Undefined where the text takes another way to the answer than a call around it. */
  readonly answer: { readonly status: number; readonly code: number } | undefined
}

const source = fileURLToPath(new URL('../src/', import.meta.url))

// Names of card companies and banks, the words of the command line and of the console's page, and descriptions of the
// API are no messages.
const withoutMessages =
  /^commands\/|^console\/|^http\/openapi|^accounts\/add-channel\.ts|(?:^|\/)(?:banks|card-companies|issuers)\.ts$/

/** All of them, from files that are no tests. */
export function listKoreanTexts(): KoreanText[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !withoutMessages.test(path))
    .filter((path) => !/\.test\.ts$|-under-test\.ts$|gateway-contract|scripted-pg/.test(path))
    .sort()
    .flatMap((file) => textsOf(file, readFileSync(source + file, 'utf8')))
}

// Strings are matched before comments, so that a `//` inside one ends nothing.
const stringOrComment =
  /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g

function textsOf(file: string, code: string): KoreanText[] {
  const bare = code.replaceAll(stringOrComment, (_, string: string | undefined) => string ?? '')
  return [...bare.matchAll(stringOrComment)].flatMap((match) => {
    const [literal] = match
    const before = bare.slice(0, match.index)
    if (!/[가-힣]/.test(literal) || isDescription(before) || isLabel(before)) return []
    const after = bare.slice(match.index + literal.length)
    const answer = throwsV1Errors(bare) ? answerOf(bare, before, after) : undefined
    // Routes describe their parameters in Korean, in more ways than one; what they refuse with is thrown.
    if (file.endsWith('.routes.ts') && answer === undefined && !isMessage(before)) return []
    return [{ text: textOf(literal), file: `src/${file}`, answer }]
  })
}

function textOf(literal: string): string {
  return literal
    .slice(1, -1)
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll("\\'", "'")
}

/** Of a route or a parameter, for the OpenAPI document. */
function isDescription(before: string): boolean {
  return /(?:summary|description):\s*$/.test(before)
}

function isMessage(before: string): boolean {
  return /(?:message:|\bconst \w+ =)\s*$/.test(before)
}

/** The Korean name of a wire field, which fills the … of a message. */
function isLabel(before: string): boolean {
  return /\brule\(\s*(?:null|'\w+'),\s*$/.test(before)
}

// The adapter has functions of the same names that answer nothing by themselves.
function throwsV1Errors(code: string): boolean {
  return code.includes("/v1-error.ts'") || code.includes("'./v1-error.ts'")
}

/** The answer that the code around a literal, or around the constant it is given to, makes of it. */
function answerOf(code: string, before: string, after: string): KoreanText['answer'] {
  const direct = answerOfCall(before, after)
  const constant = /\bconst (\w+) =\s*$/.exec(before)?.[1]
  if (direct !== undefined || constant === undefined) return direct
  const use = new RegExp(`\\b(?:badRequest|notFound|unauthorized|refused)\\(${constant}\\b`).exec(
    code,
  )
  if (use === null) return undefined
  const end = use.index + use[0].length
  return answerOfCall(code.slice(0, end - constant.length), code.slice(end))
}

function answerOfCall(before: string, after: string): KoreanText['answer'] {
  const error = /new V1Error\(\{ ?\s*status: (\d+),\s*code: (-?1),\s*message:\s*$/.exec(before)
  if (error !== null) return { status: Number(error[1]), code: Number(error[2]) }
  const raw = /\bsendRefusal\(reply, (\d+), $/.exec(before)
  if (raw !== null) return { status: Number(raw[1]), code: -1 }
  const name = /\b(badRequest|notFound|unauthorized|refused)\(\s*$/.exec(before)?.[1]
  const code = /^,\s*(-?1)\b/.exec(after)?.[1]
  if (name === 'refused') return { status: 200, code: Number(code ?? 1) }
  const status = { badRequest: 400, notFound: 404, unauthorized: 401 }[name ?? '']
  return status === undefined ? undefined : { status, code: -1 }
}
