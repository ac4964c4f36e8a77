// What of an error may be shown: what finds the fault. Not its other properties: a driver's error carries the values
// of its statement there, and one of a URL the URL with its password.

export interface ErrorFacts {
  readonly name: string
  readonly message: string
  readonly code: string | null
  readonly stack: string | null
  readonly cause: ErrorFacts | null
}

const causesMax = 3

/** What was thrown and is no Error says nothing of itself. */
export function describeError(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error)) {
    return { name: typeof error, message: 'not an Error', code: null, stack: null, cause: null }
  }
  const { code } = error as { code?: unknown }
  const unquoted = (text: string) =>
    isDataException(code) ? withoutQuote(text, error.message) : text
  const goesOn = error.cause instanceof Error && depth < causesMax
  return {
    name: error.name,
    message: unquoted(error.message),
    code: typeof code === 'string' ? code : null,
    stack: error.stack === undefined ? null : unquoted(error.stack),
    cause: goesOn ? describeError(error.cause, depth + 1) : null,
  }
}

// PostgreSQL's class 22: the value does not fit, and the message quotes it.
function isDataException(code: unknown): boolean {
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)
}

function withoutQuote(text: string, message: string): string {
  return text.replaceAll(message, message.replace(/".*"/s, '"…"'))
}

/** The same for a person: the stack, and below it those of its causes. */
export function errorText(error: unknown): string {
  const lines: string[] = []
  for (let facts: ErrorFacts | null = describeError(error); facts !== null; facts = facts.cause) {
    const text = facts.stack ?? `${facts.name}: ${facts.message}`
    const code = facts.code === null || text.includes(facts.code) ? '' : ` (${facts.code})`
    lines.push(`${lines.length === 0 ? '' : 'caused by '}${text}${code}`)
  }
  return lines.join('\n')
}
