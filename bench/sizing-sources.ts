// Which figures of which rows the page on sizing stands on, and what it calls them, in the order of its first table.

interface Source {
  readonly row: string
  readonly figure: RegExp
  readonly label: string
}

/** Each by the median of its rounds. */
export const sources = {
  apiMs: {
    row: 'processes',
    figure: /^again, 1 pair, processor of api$/,
    label: 'API node, processor time of a payment (`again`), all of one merchant',
  },
  workerMs: {
    row: 'processes',
    figure: /^again, 1 pair, processor of worker$/,
    label: 'worker, processor time of its webhook, all of one merchant',
  },
  postgresMs: {
    row: 'processes',
    figure: /^again, 1 pair, processor of postgres$/,
    label: 'PostgreSQL, processor time of both, all of one merchant',
  },
  spreadApiMs: {
    row: 'merchants',
    figure: /^again, \d+ merchants in turn, processor of api$/,
    label: 'API node, processor time of a payment, each of another of {n} merchants',
  },
  spreadWorkerMs: {
    row: 'merchants',
    figure: /^again, \d+ merchants in turn, processor of worker$/,
    label: 'worker, processor time of its webhook, each of another of {n} merchants',
  },
  spreadPostgresMs: {
    row: 'merchants',
    figure: /^again, \d+ merchants in turn, processor of postgres$/,
    label: 'PostgreSQL, processor time of both, each of another of {n} merchants',
  },
  lookApiMs: {
    row: 'processes',
    figure: /^GET payment, 1 pair, processor of api$/,
    label: 'API node, processor time of a look-up (`GET payment`)',
  },
  lookPostgresMs: {
    row: 'processes',
    figure: /^GET payment, 1 pair, processor of postgres$/,
    label: 'PostgreSQL, processor time of a look-up',
  },
  scheduleMs: {
    row: 'merchants',
    figure: /^\d+ schedules due, of as many merchants, processor of the worker for each$/,
    label:
      'worker, processor time of a scheduled payment with its webhook, each of another of {n} merchants',
  },
  twoPairs: {
    row: 'processes',
    figure: /^again, 2 pairs ÷ again, 1 pair, by processor time alone$/,
    label: 'payments for the same processor time, two pairs of processes ÷ one',
  },
  fourPairs: {
    row: 'processes',
    figure: /^again, 4 pairs ÷ again, 1 pair, by processor time alone$/,
    label: 'the same, four pairs ÷ one',
  },
  manyMerchants: {
    row: 'merchants',
    figure: /^again, \d+ merchants in turn ÷ again, 1 merchant, by processor time alone$/,
    label: 'payments for the same processor time, each of another of {n} merchants ÷ all of one',
  },
  diskBytes: {
    row: 'storage',
    figure: /^bytes per payment, tables and indexes$/,
    label: 'disk, a payment and its webhook',
  },
  logBytes: {
    row: 'storage',
    figure: /^bytes of write-ahead log per payment$/,
    label: 'write-ahead log, a payment and its webhook',
  },
  syncs: {
    row: 'storage',
    figure: /^syncs of the log per payment$/,
    label: 'syncs of the log, a payment and its webhook, 16 at once of one merchant',
  },
  apiMb: {
    row: 'memory',
    figure: /^memory of the API process, most$/,
    label: 'memory of an API node under full load, most',
  },
  workerMb: {
    row: 'schedules',
    figure: /^memory of the worker, most$/,
    label: 'memory of a worker with a backlog of schedules, most',
  },
  connectionMb: {
    row: 'processes',
    figure: /^memory of a database connection, not shared$/,
    label: 'memory of a connection in PostgreSQL, beside the shared buffers',
  },
  rememberedBytes: {
    row: 'merchants',
    figure: /^remembered of a merchant by an API node$/,
    label: 'memory of a merchant that an API node remembers',
  },
  manyWebhooks: {
    row: 'merchants',
    figure: /^\d+ webhooks due, of as many merchants ÷ /,
    label: 'webhooks a second of one worker, each of another of {n} merchants ÷ all of one',
  },
  manySchedules: {
    row: 'merchants',
    figure: /^\d+ schedules due, of as many merchants ÷ /,
    label:
      'scheduled payments a second of one worker, each of another of {n} merchants ÷ all of one',
  },
  lookOfEachMs: {
    row: 'merchants',
    figure: /^a look for due schedules of each merchant, \d+ merchants$/,
    label: 'a look for due schedules of each of {n} merchants',
  },
  merchantBytes: {
    row: 'merchants',
    figure: /^bytes of a merchant without payments$/,
    label: 'disk, a merchant without payments',
  },
  idleWorkerMs: {
    row: 'merchants',
    figure: /^worker with nothing to do, a second, (?!1 )\d+ merchants$/,
    label: 'worker with nothing to do, processor time a second, {n} merchants',
  },
  idlePostgresMs: {
    row: 'merchants',
    figure: /^postgres with nothing to do, a second, (?!1 )\d+ merchants$/,
    label: 'PostgreSQL beside one such pair, processor time a second',
  },
} as const satisfies Record<string, Source>
