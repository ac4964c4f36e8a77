// The only reader of the environment. Every setting stands here once, with its default and its meaning;
// docs/config.md is generated from this list. All faults are reported at once. Where the text of a secret comes from is
// secret-settings.ts' business.

import { Secret } from './primitives/secret.ts'
import { StartupError } from './primitives/startup-error.ts'

interface Setting {
  readonly name: string
  readonly fallback: string | null
  readonly meaning: string
  readonly kind: 'text' | 'secret' | 'port' | 'milliseconds' | 'delay' | 'count' | 'list' | 'choice'
  readonly choices?: readonly string[]
}

export const settings = [
  {
    name: 'BILLKEY_HOST',
    fallback: '127.0.0.1',
    kind: 'text',
    meaning: 'Address the API listens on.',
  },
  {
    name: 'BILLKEY_TRUSTED_PROXIES',
    fallback: '',
    kind: 'list',
    meaning:
      "Addresses or CIDRs of reverse proxies whose X-Forwarded-For is believed. Without it every caller behind one shares the proxy's address.",
  },
  {
    name: 'BILLKEY_HSTS_DAYS',
    fallback: null,
    kind: 'count',
    meaning:
      'For an API that is reached over TLS only: every answer tells browsers to refuse plain HTTP with this host for so many days (Strict-Transport-Security). Not said when not set.',
  },
  { name: 'BILLKEY_PORT', fallback: '8484', kind: 'port', meaning: 'Port of the API.' },
  {
    name: 'BILLKEY_SIMULATOR_PORT',
    fallback: '8485',
    kind: 'port',
    meaning: 'Port of the PAYJOA simulator that `billkey sandbox` starts.',
  },
  {
    name: 'BILLKEY_DATA_DIR',
    fallback: './.billkey',
    kind: 'text',
    meaning: 'Where the embedded PostgreSQL, the sandbox master key and the simulator ledger live.',
  },
  {
    name: 'DATABASE_URL',
    fallback: null,
    kind: 'secret',
    meaning: 'A PostgreSQL 15 or newer to use instead of the embedded one.',
  },
  {
    name: 'BILLKEY_POOL_SIZE',
    fallback: '10',
    kind: 'count',
    meaning: 'Database connections of one process.',
  },
  {
    name: 'BILLKEY_MASTER_KEY',
    fallback: null,
    kind: 'secret',
    meaning: 'Master key of the vault: 32 bytes in base64. The sandbox makes one by itself.',
  },
  {
    name: 'BILLKEY_MASTER_KEY_PREVIOUS',
    fallback: null,
    kind: 'secret',
    meaning:
      'Older master keys, comma separated: only open, never seal. Needed until `billkey keys rotate` is done.',
  },
  {
    name: 'BILLKEY_IMP_KEY',
    fallback: null,
    kind: 'text',
    meaning: 'API key of the sandbox merchant. Random on the first start when not set.',
  },
  {
    name: 'BILLKEY_IMP_SECRET',
    fallback: null,
    kind: 'secret',
    meaning: 'API secret of the sandbox merchant. Random on the first start when not set.',
  },
  {
    name: 'BILLKEY_SEED',
    fallback: null,
    kind: 'text',
    meaning:
      'Makes the identifiers of a sandbox repeat: the same calls after a first start give the same history. Ignored by `billkey serve`.',
  },
  {
    name: 'BILLKEY_PAYJOA_BASE_URL',
    fallback: null,
    kind: 'text',
    meaning: "Points the sandbox merchant's channel at another test PG instead of the simulator.",
  },
  {
    name: 'BILLKEY_PAYJOA_RETURN_HOSTS',
    fallback: 'kiwoompay.co.kr,payjoa.co.kr,daoupay.com',
    kind: 'list',
    meaning:
      "Domains (and their subdomains) that PAYJOA's RETURNURL may point at, over https only.",
  },
  {
    name: 'BILLKEY_PAYJOA_CONNECT_MS',
    fallback: '5000',
    kind: 'milliseconds',
    meaning: 'Time limit for connecting to PAYJOA.',
  },
  {
    name: 'BILLKEY_PAYJOA_READY_MS',
    fallback: '10000',
    kind: 'milliseconds',
    meaning: 'Time limit for the answer of the ready step.',
  },
  {
    name: 'BILLKEY_PAYJOA_EXECUTE_MS',
    fallback: '60000',
    kind: 'milliseconds',
    meaning: 'Time limit for the answer of the execute step. After it the outcome is unknown.',
  },
  {
    name: 'BILLKEY_PAYJOA_CONNECTIONS',
    fallback: '64',
    kind: 'count',
    meaning: 'Connections of one process to one PAYJOA host.',
  },
  {
    name: 'BILLKEY_PAYJOA_NOTIFICATION_SOURCES',
    fallback: '27.102.213.200/29,27.102.213.208,27.102.213.209,123.140.121.205',
    kind: 'list',
    meaning:
      "Addresses and CIDR ranges that PAYJOA's notifications come from. A sandbox channel whose gateway is on this machine takes them from this machine, too.",
  },
  {
    name: 'BILLKEY_REPORT_EVERY_MS',
    fallback: '600000',
    kind: 'milliseconds',
    meaning:
      "How often today's daily transaction file is fetched while a payment or cancel of today is unknown. For sandbox channels a twentieth of it.",
  },
  {
    name: 'BILLKEY_SANDBOX_EVIDENCE_MS',
    fallback: '120000',
    kind: 'milliseconds',
    meaning:
      'How long an unknown payment of a sandbox channel must be unknown before its absence from the daily file counts. For live channels it is two hours, in which PAYJOA repeats its notifications.',
  },
  {
    name: 'BILLKEY_LEASE_MARGIN_MS',
    fallback: '60000',
    kind: 'milliseconds',
    meaning:
      'A charge whose sender has been silent for longer than all time limits of its calls to PAYJOA, and this much more for the database, is taken to be lost: it becomes unknown.',
  },
  {
    name: 'BILLKEY_BREAKER_AFTER',
    fallback: '8',
    kind: 'count',
    meaning:
      'Calls in a row that PAYJOA did not answer, or answered with nonsense, after which nothing is sent on that channel until it answers a probe.',
  },
  {
    name: 'BILLKEY_SCHEDULES_AT_ONCE',
    fallback: '48',
    kind: 'count',
    meaning:
      'Scheduled payments that one worker charges at the same time. Fewer than BILLKEY_PAYJOA_CONNECTIONS, so that callers who wait are not held up.',
  },
  {
    name: 'BILLKEY_ANSWER_WITHIN_MS',
    fallback: '25000',
    kind: 'milliseconds',
    meaning:
      'An answer leaves within this time whatever PAYJOA does: the payment shows as ready and is settled when its answer comes.',
  },
  {
    name: 'BILLKEY_DRAIN_DELAY_MS',
    fallback: '0',
    kind: 'delay',
    meaning:
      'How long a process that was told to stop goes on serving while its /readyz says 503, so that a load balancer stops sending to it first. Longer than the balancer takes to notice; 0 without one.',
  },
  {
    name: 'BILLKEY_WEBHOOK_ALLOW',
    fallback: null,
    kind: 'list',
    meaning:
      'Host names, addresses and CIDR ranges that webhooks may be sent to although they are not public. Metadata services need an entry of their own.',
  },
  {
    name: 'BILLKEY_WEBHOOK_URL',
    fallback: null,
    kind: 'text',
    meaning: "Where the sandbox merchant's webhooks go. As it was set last when not given.",
  },
  {
    name: 'BILLKEY_METRICS_PORT',
    fallback: null,
    kind: 'port',
    meaning:
      'A port of its own for `/metrics`, `/healthz` and `/readyz`, for Prometheus to scrape. None when not set.',
  },
  {
    name: 'BILLKEY_METRICS_HOST',
    fallback: '127.0.0.1',
    kind: 'text',
    meaning: 'Address that port listens on: one that only your own network reaches.',
  },
  {
    name: 'BILLKEY_METRICS_TOKEN',
    fallback: null,
    kind: 'secret',
    meaning:
      'Bearer token that `/metrics` asks for, on either port. On the port of the API there is no `/metrics` without it.',
  },
  {
    name: 'BILLKEY_METRICS_EVERY_MS',
    fallback: '15000',
    kind: 'milliseconds',
    meaning:
      'How often each process reads the counts that only the database knows, for `/metrics`.',
  },
  {
    name: 'BILLKEY_LOG_LEVEL',
    fallback: 'info',
    kind: 'choice',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    meaning: 'How much is logged, as JSON lines on standard output.',
  },
] as const satisfies readonly Setting[]

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
