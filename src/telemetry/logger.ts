// The log. Three nets keep secrets out of it, since one leak is one too many: names that are never printed at
// any depth, errors reduced to what finds the fault, and a last look at the finished line for what running
// text quotes. Bodies are not logged at all.

import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
} from 'pino'

import { currentFields } from './activity.ts'
import { describeError } from './describe-error.ts'
import { gatheredOutput } from './gathered-output.ts'
import { censor, scrubText } from './scrub-text.ts'

export interface LoggerOptions {
  readonly level: string
  /** Standard output by default. */
  readonly destination?: DestinationStream
}

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

export function createLogger({ level, destination = gatheredOutput() }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Ids of the work that writes the line; what the line itself names wins.
    mixin: () => ({ ...currentFields() }),
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (line: Record<string, unknown>) => withoutSecrets(line),
    },
    serializers: { err: (error: unknown) => describeError(error) },
    hooks: { streamWrite: scrubText },
  }
  return withGuardedChildren(pino(options, destination))
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
  return isHarmless(line) ? line : (censorFields(line, 0) as Record<string, unknown>)
}

/** Most lines are: a few numbers and names. They need no copy. */
function isHarmless(line: Record<string, unknown>): boolean {
  for (const name in line) {
    const value = line[name]
    if ((typeof value === 'object' && value !== null) || isSecret(name)) return false
  }
  return true
}

function isSecret(name: string): boolean {
  return secretNames.has(name.toLowerCase())
}

function censorFields(value: unknown, depth: number, name?: string): unknown {
  if (Array.isArray(value)) {
    return depth >= depthMax ? '[deep]' : value.map((item) => censorFields(item, depth + 1))
  }
  // `err` on top has a serializer; under any other name an error would show what its driver put on it.
  if (value instanceof Error) return depth === 1 && name === 'err' ? value : describeError(value)
  if (!isPlainObject(value)) return value
  if (depth >= depthMax) return '[deep]'
  const censored: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    censored[name] = isSecret(name) ? censor : censorFields(field, depth + 1, name)
  }
  return censored
}

// Instances (errors, dates, Secret) have their own way to be printed.
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
