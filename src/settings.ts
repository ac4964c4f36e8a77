// Every setting stands here once, with its default and its meaning; docs/config.md is generated from this list.

export interface Setting {
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
    name: 'BILLKEY_CONSOLE',
    fallback: 'on',
    kind: 'choice',
    choices: ['on', 'off'],
    meaning: 'Whether the web console is served at /console, beside the API.',
  },
  {
    name: 'BILLKEY_REQUEST_LOG_DAYS',
    fallback: '7',
    kind: 'count',
    meaning:
      'How many days the console shows V1 requests for. Of a merchant with more than a million of them, the newest million. None are kept when BILLKEY_CONSOLE is off.',
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
