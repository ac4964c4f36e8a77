// `billkey webhooks`: where a merchant is told of payments, what it was told, and telling it again.

import { parseArgs } from 'node:util'

import { deliverDependencies } from '../compose/dependencies.ts'
import type { Parts } from '../compose/parts.ts'
import type { Config } from '../config.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { findEndpoint } from '../webhooks/endpoints.store.ts'
import { replayWebhook, replayWebhooks } from '../webhooks/replay-webhooks.ts'
import { removeEndpointAddress } from '../webhooks/remove-endpoint-address.ts'
import { resumeEndpoint } from '../webhooks/resume-endpoint.ts'
import {
  dropOldWebhookSecret,
  readWebhookSecrets,
  rotateWebhookSecret,
} from '../webhooks/rotate-webhook-secret.ts'
import { sendTestWebhook } from '../webhooks/send-test-webhook.ts'
import { setEndpoint } from '../webhooks/set-endpoint.ts'
import {
  countReplayable,
  findWebhook,
  listAttempts,
  listWebhooks,
  type WebhookAttempt,
  type WebhookFilter,
} from '../webhooks/webhook-queries.store.ts'
import type { Endpoint, EndpointName, Webhook } from '../webhooks/webhook.ts'
import {
  cliActor,
  type Command,
  isSandboxDirectory,
  pickMerchant,
  splitSubcommand,
  withParts,
} from './command.ts'
import { readInstant } from './instant.ts'
import { onStopSignal } from './stop-signal.ts'
import { endProgress, inKorea, print, printTable, showProgress } from './terminal.ts'

export const webhooksCommand: Command = {
  name: 'webhooks',
  summary: "Set a merchant's webhook endpoint, look at what was sent, send again",
  help: `Usage: billkey webhooks endpoint set <url> [--format json|form] [--failures|--no-failures]
       billkey webhooks endpoint remove
       billkey webhooks endpoint show [--secret]
       billkey webhooks endpoint rotate-secret
       billkey webhooks endpoint drop-old-secret
       billkey webhooks endpoint resume
       billkey webhooks test
       billkey webhooks list [filters] [--limit <n>]
       billkey webhooks show <id>
       billkey webhooks replay <id>
       billkey webhooks replay [filters] [--failed]

Each merchant has one endpoint for live payments and one for sandbox ones. A payment's notice_url goes before it.

Options of all: --merchant <number or name>
                --mode live|sandbox   default: sandbox beside 'billkey sandbox', else live
Filters:        --state pending|held|delivered|given_up    --status paid|failed|cancelled
                --imp-uid <imp_uid>    --since <instant>    --until <instant>

endpoint set    --failures also tells of ordinary failed payments, which V1 does not. Setting an address ends a pause.
endpoint remove takes the address away: only notice_url is told; what waits is held until an address is set.
rotate-secret   makes a new signing secret; both sign until 'drop-old-secret'.
resume          ends the pause of an endpoint that answered 410 or took nothing for days; sends what was held.
test            sends V1's test event (호출 테스트) to the saved address and shows the answer.
replay          by id: whatever became of the event. By filter: events that were delivered or given up, oldest
                first; --failed leaves out the delivered ones.

Examples:
  billkey webhooks endpoint set https://shop.example/portone-webhook --format form
  billkey webhooks list --state given_up --since 2026-11-01
  billkey webhooks replay --failed --since 2026-11-20T00:00:00+09:00`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('webhooks', subcommandNames, args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      allowNegative: true,
      options,
    })
    const mode = await modeOf(config, values.mode)
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      const call: Call = { parts, name: { merchantId, sandbox: mode === 'sandbox' }, values }
      await subcommands[name](call, positionals)
    })
  },
}

const options = {
  merchant: { type: 'string' },
  mode: { type: 'string' },
  format: { type: 'string' },
  failures: { type: 'boolean' },
  secret: { type: 'boolean', default: false },
  failed: { type: 'boolean', default: false },
  state: { type: 'string' },
  status: { type: 'string' },
  'imp-uid': { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string', default: '50' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

interface Call {
  readonly parts: Parts
  readonly name: EndpointName
  readonly values: Values
}

type Subcommand = (call: Call, operands: readonly string[]) => Promise<void>

const subcommandNames = ['endpoint', 'test', 'list', 'show', 'replay'] as const

const subcommands: Record<(typeof subcommandNames)[number], Subcommand> = {
  async endpoint(call, operands) {
    const { name, rest } = splitSubcommand('webhooks endpoint', endpointDeedNames, operands)
    await endpointDeeds[name](call, rest)
  },
  test: sendTest,
  async list({ parts, name, values }) {
    const page = { limit: wholeNumber(values.limit ?? '50'), offset: 0 }
    const found = await listWebhooks(parts.db, name.merchantId, filterOf(values, name), page)
    printTable(
      ['id', 'event (KST)', 'imp_uid', 'status', 'state', 'attempts', 'next (KST)'],
      found.map((webhook) => [
        webhook.webhookId,
        inKorea(webhook.createdAtMs),
        webhook.impUid,
        webhook.status,
        webhook.state,
        String(webhook.attemptCount),
        webhook.dueAtMs === null ? '' : inKorea(webhook.dueAtMs),
      ]),
    )
  },
  async show({ parts, name }, [id = '']) {
    const webhook = await findWebhook(parts.db, name.merchantId, id)
    if (webhook === undefined) throw noSuchWebhook(id)
    printWebhook(webhook, await listAttempts(parts.db, webhook))
  },
  async replay(call, [id]) {
    if (id === undefined) await replayMany(call)
    else await replayOne(call, id)
  },
}

const endpointDeedNames = [
  'set',
  'remove',
  'show',
  'rotate-secret',
  'drop-old-secret',
  'resume',
] as const

const endpointDeeds: Record<(typeof endpointDeedNames)[number], Subcommand> = {
  async set(call, [url]) {
    const { parts, name, values } = call
    if (url === undefined) throw new StartupError('url_missing', 'name the URL')
    const format = oneOf('--format', ['json', 'form'] as const, values.format)
    const known = await findEndpoint(parts.db, name)
    const isNew = (known?.url ?? null) === null
    const wanted = { url, actor: cliActor(), format, sendsFailures: values.failures }
    const result = await setEndpoint(parts, name, wanted)
    if (result.kind === 'refused') throw new StartupError('address_refused', result.message)
    printEndpoint(result.endpoint)
    if (isNew) await printSecrets(call)
    if (result.released > 0) print(`${result.released} events that had waited are due now`)
  },
  async remove({ parts, name }) {
    const isRemoved = await removeEndpointAddress(parts, name, cliActor())
    if (!isRemoved) throw new StartupError('no_endpoint', `no ${modeName(name)} endpoint is set`)
    print('no address any more: only a notice_url is told')
  },
  async show(call) {
    const { parts, name, values } = call
    const endpoint = await findEndpoint(parts.db, name)
    if (endpoint === undefined) print(`no ${modeName(name)} endpoint is set`)
    else printEndpoint(endpoint)
    if (values.secret) await printSecrets(call)
  },
  async 'rotate-secret'(call) {
    const result = await rotateWebhookSecret(call.parts, call.name, cliActor())
    if (result.kind === 'old_secret_live') {
      throw new StartupError(
        'old_secret_live',
        "the secret before this one still signs: 'billkey webhooks endpoint drop-old-secret' first",
      )
    }
    await printSecrets(call)
  },
  async 'drop-old-secret'({ parts, name }) {
    const isDropped = await dropOldWebhookSecret(parts, name, cliActor())
    if (!isDropped) throw new StartupError('no_old_secret', 'only one secret signs')
    print('one secret signs now')
  },
  async resume({ parts, name }) {
    const onProgress = (released: number) => showProgress(`${released} events due`)
    const result = await resumeEndpoint(parts, name, { actor: cliActor(), onProgress })
    if (result.kind === 'not_paused')
      throw new StartupError('not_paused', `the ${modeName(name)} endpoint is not paused`)
    endProgress()
    print(`resumed: ${result.released} events are due now`)
  },
}

async function sendTest({ parts, name }: Call): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  const sent = await sendTestWebhook(deliverDependencies(parts), name, signal)
  if (sent.kind === 'no_address')
    throw new StartupError('no_endpoint', `no ${modeName(name)} endpoint is set`)
  const { url, result } = sent
  switch (result.kind) {
    case 'answered':
      print(`${url} answered ${result.status}`)
      if (result.body !== '') print(result.body)
      if (result.status < 200 || result.status > 299)
        throw new StartupError('test_not_taken', 'a webhook is taken when the answer is 2xx')
      return
    case 'refused':
    case 'failed':
      throw new StartupError('test_failed', `${url}: ${result.error}`)
    case 'interrupted':
      throw new StartupError('test_failed', `${url}: no answer`)
  }
}

async function replayOne({ parts, name }: Call, id: string): Promise<void> {
  const { kind } = await replayWebhook(parts, {
    merchantId: name.merchantId,
    webhookId: id,
    actor: cliActor(),
  })
  switch (kind) {
    case 'due':
      print(`${id} is due now`)
      return
    case 'absent':
      throw noSuchWebhook(id)
    case 'endpoint_paused':
      throw new StartupError(
        'endpoint_paused',
        "its endpoint is paused: 'billkey webhooks endpoint resume' sends all that waits",
      )
    case 'being_sent':
      throw new StartupError('being_sent', `${id} is being sent at this moment`)
  }
}

async function replayMany({ parts, name, values }: Call): Promise<void> {
  if (!values.failed && values.since === undefined && values['imp-uid'] === undefined) {
    throw new StartupError(
      'filter_missing',
      'say which: an id, --failed, --imp-uid or --since <instant>',
    )
  }
  const given = filterOf(values, name)
  const filter = values.failed ? { ...given, state: 'given_up' as const } : given
  const { merchantId } = name
  const total = await countReplayable(parts.db, merchantId, filter)
  const stop = new AbortController()
  void onStopSignal().then(() => stop.abort())
  const done = await replayWebhooks(parts, {
    merchantId,
    actor: cliActor(),
    filter,
    signal: stop.signal,
    onProgress: (count) => showProgress(`${count}/${total} events due`),
  })
  endProgress()
  print(`${done} events are due now`)
}

async function modeOf(config: Config, given: string | undefined): Promise<'live' | 'sandbox'> {
  const mode = oneOf('--mode', ['live', 'sandbox'] as const, given)
  return mode ?? ((await isSandboxDirectory(config)) ? 'sandbox' : 'live')
}

// Both modes unless one is named.
function filterOf(values: Values, { sandbox }: EndpointName): WebhookFilter {
  const states = ['pending', 'held', 'delivered', 'given_up'] as const
  const statuses = ['paid', 'failed', 'cancelled'] as const
  return {
    sandbox: values.mode === undefined ? null : sandbox,
    state: oneOf('--state', states, values.state) ?? null,
    status: oneOf('--status', statuses, values.status) ?? null,
    impUid: values['imp-uid'] ?? null,
    sinceMs: instantOf(values.since),
    untilMs: instantOf(values.until),
  }
}

function oneOf<Choice extends string>(
  option: string,
  choices: readonly Choice[],
  given: string | undefined,
): Choice | undefined {
  if (given === undefined) return undefined
  const found = choices.find((choice) => choice === given)
  if (found === undefined)
    throw new StartupError('bad_option', `${option} takes one of ${choices.join(', ')}`)
  return found
}

function instantOf(text: string | undefined): number | null {
  return text === undefined ? null : readInstant(text)
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new StartupError('bad_option', `'${text}' is not a whole number above 0`)
  return Number(text)
}

function noSuchWebhook(id: string): StartupError {
  return new StartupError(
    'no_such_webhook',
    `there is no event '${id}': see 'billkey webhooks list'`,
  )
}

function modeName({ sandbox }: EndpointName): string {
  return sandbox ? 'sandbox' : 'live'
}

function printEndpoint(endpoint: Endpoint): void {
  const { url, format, sendsFailures, secretPreviousSealed } = endpoint
  print(`mode      ${endpoint.mode}`)
  print(`url       ${url ?? '(none: only to notice_url)'}`)
  print(`format    ${format}`)
  print(`failures  ${sendsFailures ? 'told of' : 'not told of (V1)'}`)
  print(`secrets   ${secretPreviousSealed === null ? '1' : '2 (the older one signs along)'}`)
  if (endpoint.failingSinceMs !== null)
    print(`failing   since ${inKorea(endpoint.failingSinceMs)} KST`)
  if (endpoint.pausedAtMs !== null)
    print(`paused    since ${inKorea(endpoint.pausedAtMs)} KST (${endpoint.pauseReason ?? ''})`)
}

async function printSecrets({ parts, name }: Call): Promise<void> {
  const secrets = await readWebhookSecrets(parts, name)
  for (const [index, secret] of secrets.entries())
    print(`secret    ${secret.reveal()}${index === 0 ? '' : '   (older)'}`)
}

function printWebhook(webhook: Webhook, attempts: readonly WebhookAttempt[]): void {
  print(`id            ${webhook.webhookId}`)
  print(`event         ${webhook.impUid} ${webhook.merchantUid} ${webhook.status}`)
  print(`mode          ${modeName(webhook)}`)
  print(`since         ${inKorea(webhook.createdAtMs)} KST`)
  print(`state         ${webhook.state}`)
  if (webhook.dueAtMs !== null) print(`next attempt  ${inKorea(webhook.dueAtMs)} KST`)
  if (webhook.archiveId !== null) {
    print(`attempts      in archive ${webhook.archiveId}: billkey archive show`)
  }
  for (const attempt of attempts) {
    const end = attempt.error ?? (attempt.status === null ? 'no end recorded' : attempt.status)
    const took = attempt.durationMs === null ? '' : ` in ${attempt.durationMs} ms`
    print('')
    print(`attempt ${attempt.attempt}  ${inKorea(attempt.startedAtMs)} KST: ${end}${took}`)
    if (attempt.url !== null) print(`  to    ${attempt.url}`)
    if (attempt.requestBody !== null) print(`  sent  ${attempt.requestBody}`)
    const answer = attempt.responseBody ?? ''
    if (answer !== '') print(`  got   ${answer}`)
  }
}
