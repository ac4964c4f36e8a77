// The log. Three nets keep secrets out of it, since one leak is one too many: names that are never printed at
// any depth, errors reduced to what finds the fault, and a last look at the finished line for card numbers
// and tokens in running text. Bodies are not logged at all.

import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
} from 'pino'

export interface LoggerOptions {
  readonly level: string
  /** Standard output by default. */
  readonly destination?: DestinationStream
}

const censor = '[secret]'

/** Compared in lower case. Parameters of V1, fields of the PG's wire, headers, and our own settings. */
const secretNames = new Set([
  'card_number',
  'cardnumber',
  'cardno',
  'expiry',
  'expiredt',
  'birth',
  'cardauth',
  'pwd_2digit',
  'cardpassword',
  'cvc',
  'imp_secret',
  'access_token',
  '_token',
  'token',
  'authorization',
  'x-imptokenheader',
  'cookie',
  'set-cookie',
  'autokey',
  'linkkey',
  'link_key',
  'gatewaykey',
  'gateway_key',
  'masterkey',
  'master_key',
  'password',
  'secret',
])

export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (line: Record<string, unknown>) => withoutSecrets(line),
    },
    serializers: { err: describeError },
    hooks: { streamWrite: scrubText },
  }
  return withGuardedChildren(destination === undefined ? pino(options) : pino(options, destination))
}

type MakeChild = (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) => Logger

/** Pino's own formatter for bindings is not inherited by children; an overridden method is. */
function withGuardedChildren(logger: Logger): Logger {
  const makeChild = Reflect.get(logger, 'child') as unknown as MakeChild
  const guarded: MakeChild = function guarded(bindings, options) {
    return makeChild.call(this, withoutSecrets(bindings), options)
  }
  return Object.assign(logger, { child: guarded })
}

/** Deeper than this nothing is worth reading in a log, and a cycle would not end. */
const depthMax = 6

function withoutSecrets(line: Record<string, unknown>): Record<string, unknown> {
  return censorFields(line, 0) as Record<string, unknown>
}

function censorFields(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) {
    return depth >= depthMax ? '[deep]' : value.map((item) => censorFields(item, depth + 1))
  }
  if (!isPlainObject(value)) return value
  if (depth >= depthMax) return '[deep]'
  const censored: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    censored[name] = secretNames.has(name.toLowerCase()) ? censor : censorFields(field, depth + 1)
  }
  return censored
}

// Instances (errors, dates, Secret) have their own way to be printed.
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

interface ErrorFacts {
  readonly name: string
  readonly message: string
  readonly code: string | null
  readonly stack: string | null
  readonly cause: ErrorFacts | null
}

/** Only these: a driver's error carries the statement's values in properties of its own. */
function describeError(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error)) {
    return { name: typeof error, message: 'not an Error', code: null, stack: null, cause: null }
  }
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: error.message,
    code: typeof code === 'string' ? code : null,
    stack: error.stack ?? null,
    cause: error.cause instanceof Error && depth < 3 ? describeError(error.cause, depth + 1) : null,
  }
}

const tokenInUrl = /([?&]_token=)[^&\s"\\]+/g
// Fourteen digits at least: an imp_uid has twelve and a timestamp in milliseconds thirteen.
const digitRun = /(?<![\w.])[3-9](?:[ -]?\d){13,18}(?!\w)/g

function scrubText(line: string): string {
  return line
    .replaceAll(tokenInUrl, `$1${censor}`)
    .replaceAll(digitRun, (run) => (isCardNumber(run) ? '[card]' : run))
}

/** Luhn's check spares nine of ten order numbers that merely look like a card. */
function isCardNumber(run: string): boolean {
  const digits = run.replaceAll(/\D/g, '')
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    const weighted = place % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
