// The only reader of the environment: what is set, checked and in its type. All faults are reported at once. What there
// is to set stands in settings.ts; where the text of a secret comes from is secret-settings.ts' business.

import { Secret } from './primitives/secret.ts'
import { StartupError } from './primitives/startup-error.ts'
import { type Setting, settings } from './settings.ts'

export interface Config {
  readonly host: string
  readonly port: number
  readonly trustedProxies: readonly string[]
  /** 0: nothing is said of TLS. */
  readonly hstsDays: number
  /** Makes a sandbox's identifiers repeat; never for real money. */
  readonly seed: string | null
  readonly simulatorPort: number
  readonly dataDir: string
  readonly databaseUrl: Secret | null
  readonly poolSize: number
  readonly masterKey: {
    readonly key: Secret | null
    readonly previous: Secret | null
  }
  readonly sandboxMerchant: {
    readonly impKey: string | null
    readonly impSecret: Secret | null
    readonly payjoaBaseUrl: string | null
    readonly webhookUrl: string | null
  }
  readonly payjoa: {
    readonly returnHosts: readonly string[]
    readonly connectMs: number
    readonly readyMs: number
    readonly executeMs: number
    readonly connections: number
  }
  readonly evidence: {
    readonly notificationSources: readonly string[]
    readonly reportEveryMs: number
    readonly sandboxWindowMs: number
  }
  readonly leaseMarginMs: number
  readonly breakerAfter: number
  readonly schedulesAtOnce: number
  readonly answerWithinMs: number
  readonly drainDelayMs: number
  readonly webhooks: {
    readonly allow: readonly string[]
  }
  /** The web console is served. */
  readonly console: boolean
  readonly requestLogDays: number
  readonly metrics: {
    /** Null: no port of its own. */
    readonly port: number | null
    readonly host: string
    readonly token: Secret | null
    readonly everyMs: number
  }
  readonly logLevel: string
}

type SettingName = (typeof settings)[number]['name']
type SecretName = Extract<(typeof settings)[number], { readonly kind: 'secret' }>['name']

/** The settings that may also come from a file or a command. */
export const secretNames: readonly string[] = settings
  .filter(({ kind }) => kind === 'secret')
  .map(({ name }) => name)

/** Reads and checks the environment. Throws one StartupError that lists every fault. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const faults: string[] = []
  const text = (name: SettingName): string | null => {
    const setting: Setting = settings.find((candidate) => candidate.name === name) as Setting
    const value = environment[name]?.trim()
    const given = value === undefined || value === '' ? setting.fallback : value
    const fault = given === null ? undefined : faultOf(setting, given)
    if (fault !== undefined) faults.push(`${name}: ${fault}`)
    return given
  }
  const secret = (name: SecretName): Secret | null => {
    const given = text(name)
    return given === null ? null : new Secret(given)
  }
  const number = (name: SettingName) => Number(text(name))
  const numberOrNull = (name: SettingName) => {
    const value = text(name)
    return value === null ? null : Number(value)
  }
  const config: Config = {
    host: text('BILLKEY_HOST') ?? '127.0.0.1',
    port: number('BILLKEY_PORT'),
    trustedProxies: listOf(text('BILLKEY_TRUSTED_PROXIES')),
    hstsDays: Number(text('BILLKEY_HSTS_DAYS') ?? 0),
    seed: text('BILLKEY_SEED'),
    simulatorPort: number('BILLKEY_SIMULATOR_PORT'),
    dataDir: text('BILLKEY_DATA_DIR') ?? './.billkey',
    databaseUrl: secret('DATABASE_URL'),
    poolSize: number('BILLKEY_POOL_SIZE'),
    masterKey: {
      key: secret('BILLKEY_MASTER_KEY'),
      previous: secret('BILLKEY_MASTER_KEY_PREVIOUS'),
    },
    sandboxMerchant: {
      impKey: text('BILLKEY_IMP_KEY'),
      impSecret: secret('BILLKEY_IMP_SECRET'),
      payjoaBaseUrl: text('BILLKEY_PAYJOA_BASE_URL'),
      webhookUrl: text('BILLKEY_WEBHOOK_URL'),
    },
    payjoa: {
      returnHosts: listOf(text('BILLKEY_PAYJOA_RETURN_HOSTS')),
      connectMs: number('BILLKEY_PAYJOA_CONNECT_MS'),
      readyMs: number('BILLKEY_PAYJOA_READY_MS'),
      executeMs: number('BILLKEY_PAYJOA_EXECUTE_MS'),
      connections: number('BILLKEY_PAYJOA_CONNECTIONS'),
    },
    evidence: {
      notificationSources: listOf(text('BILLKEY_PAYJOA_NOTIFICATION_SOURCES')),
      reportEveryMs: number('BILLKEY_REPORT_EVERY_MS'),
      sandboxWindowMs: number('BILLKEY_SANDBOX_EVIDENCE_MS'),
    },
    leaseMarginMs: number('BILLKEY_LEASE_MARGIN_MS'),
    breakerAfter: number('BILLKEY_BREAKER_AFTER'),
    schedulesAtOnce: number('BILLKEY_SCHEDULES_AT_ONCE'),
    answerWithinMs: number('BILLKEY_ANSWER_WITHIN_MS'),
    drainDelayMs: number('BILLKEY_DRAIN_DELAY_MS'),
    webhooks: { allow: listOf(text('BILLKEY_WEBHOOK_ALLOW')) },
    console: text('BILLKEY_CONSOLE') === 'on',
    requestLogDays: number('BILLKEY_REQUEST_LOG_DAYS'),
    metrics: {
      port: numberOrNull('BILLKEY_METRICS_PORT'),
      host: text('BILLKEY_METRICS_HOST') ?? '127.0.0.1',
      token: secret('BILLKEY_METRICS_TOKEN'),
      everyMs: number('BILLKEY_METRICS_EVERY_MS'),
    },
    logLevel: text('BILLKEY_LOG_LEVEL') ?? 'info',
  }
  if (faults.length > 0) throw new StartupError('bad_configuration', faults.join('; '))
  return config
}

function faultOf(setting: Setting, value: string): string | undefined {
  switch (setting.kind) {
    case 'port':
      return unlessWhole(value, 0, 65_535, 'a port (0–65535)')
    case 'delay':
      return unlessWhole(value, 0, 86_400_000, 'a whole number of milliseconds, or 0')
    case 'milliseconds':
      return unlessWhole(value, 1, 86_400_000, 'a whole number of milliseconds')
    case 'count':
      return unlessWhole(value, 1, 10_000, 'a number from 1 to 10000')
    case 'choice':
      return setting.choices?.includes(value) === true
        ? undefined
        : `'${value}' is not one of ${setting.choices?.join(', ')}`
    case 'text':
    case 'secret':
    case 'list':
      return undefined
  }
}

function unlessWhole(value: string, low: number, high: number, what: string): string | undefined {
  const isWhole = /^\d{1,9}$/.test(value) && Number(value) >= low && Number(value) <= high
  return isWhole ? undefined : `'${value}' is not ${what}`
}

function listOf(value: string | null): string[] {
  return (value ?? '').split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))
}
