// The PAYJOA client: prepare, ready, execute, read. The execute request is written at most once per call
// (post-once.ts), and nothing here sends it again whatever comes back.

import type { Clock } from '../../primitives/clock.ts'
import type {
  ExchangeRecord,
  Gateway,
  GatewayAnswer,
  GatewayContract,
  ProbeOutcome,
  Refusal,
  Unsent,
  WireStep,
} from '../gateway.ts'
import { createConnections } from './connections.ts'
import { executeStep, type Line, readyStep, type Wire } from './exchange-steps.ts'
import { postOnce, type PostOnce } from './post-once.ts'
import {
  payMethodsOf,
  type Preparation,
  prepareCancel,
  prepareChargeBillingKey,
  prepareChargeCard,
  prepareIssue,
  prepareProbe,
} from './requests.ts'
import {
  connectMessage,
  type ExecuteAnswer,
  type Expected,
  readCancelAnswer,
  readChargeAnswer,
  readIssueAnswer,
} from './responses.ts'
import { readyUrlOf } from './return-url.ts'

export interface PayjoaOptions {
  readonly clock: Clock
  readonly timeouts: {
    /** Also how long a call waits for one of the host's connections to be free. */
    readonly connectMs: number
    readonly readyReadMs: number
    readonly executeReadMs: number
  }
  readonly connectionsPerHost: number
  /** What stands between the steps and the socket; `postOnce` but for a simulation. */
  readonly post?: PostOnce
  /** Where RETURNURL may point: host suffixes, or an exact `host:port`. */
  readonly returnUrlHosts: readonly string[]
  /** Only ever honoured for loopback addresses. */
  readonly allowPlainHttp: boolean
}

/**
 * The longest a call can take: a wait for a free connection, ready with its one repetition, and execute, each
 * with a connect of its own.
 */
export function longestCallMs(timeouts: PayjoaOptions['timeouts']): number {
  return 4 * timeouts.connectMs + 2 * timeouts.readyReadMs + timeouts.executeReadMs
}

/** Stateless but for its kept-alive connections. Calls never reject for anything the PG or the network does. */
export function createPayjoaGateway(options: PayjoaOptions): Gateway {
  const { timeouts, connectionsPerHost } = options
  const connections = createConnections({ connectMs: timeouts.connectMs, connectionsPerHost })
  const wire: Wire = { post: postOnce, ...options, connections }
  return {
    preflight: {
      issueBillingKey: (contract, request) => refusalIn(prepareIssue(contract, request)),
      chargeCard: (contract, request) => refusalIn(prepareChargeCard(contract, request)),
      chargeBillingKey: (contract, request) =>
        refusalIn(prepareChargeBillingKey(contract, request)),
    },
    issueBillingKey: (contract, request) => {
      const asked = { amountWon: 0, orderNumber: request.order.orderNumber }
      return perform(wire, contract, prepareIssue(contract, request), {
        asked,
        read: readIssueAnswer,
      })
    },
    chargeCard: (contract, request) => {
      const asked = { amountWon: request.amountWon, orderNumber: request.order.orderNumber }
      const preparation = prepareChargeCard(contract, request)
      return perform(wire, contract, preparation, { asked, read: readChargeAnswer })
    },
    chargeBillingKey: (contract, request) => {
      const asked = { amountWon: request.amountWon, orderNumber: request.order.orderNumber }
      const preparation = prepareChargeBillingKey(contract, request)
      return perform(wire, contract, preparation, { asked, read: readChargeAnswer })
    },
    cancel: (contract, request) => {
      const asked = { amountWon: request.amountWon, orderNumber: null }
      const preparation = prepareCancel(contract, request)
      return perform(wire, contract, preparation, { asked, read: readCancelAnswer })
    },
    probe: async (contract) => {
      const answers: GatewayAnswer<ProbeOutcome>[] = []
      for (const payMethod of payMethodsOf(contract)) {
        answers.push(await probeMethod(wire, contract, payMethod))
      }
      return answers
    },
    close: () => connections.close(),
  }
}

function refusalIn(preparation: Preparation): Refusal | null {
  return preparation.kind === 'prepared' ? null : preparation
}

/** The same, where the call was made in spite of it. */
function unsentFor({ kind, message }: Refusal): Unsent {
  return unsent(kind === 'not_contracted' ? 'not_contracted' : 'preflight', message)
}

interface Reading<Outcome> {
  /** What of the request the answer is held against. */
  readonly asked: Pick<Expected, 'amountWon' | 'orderNumber'>
  readonly read: (answer: ExecuteAnswer, expected: Expected) => Outcome
}

function perform<Outcome>(
  wire: Wire,
  contract: GatewayContract,
  preparation: Preparation,
  { asked, read }: Reading<Outcome>,
): Promise<GatewayAnswer<Outcome | Unsent>> {
  const untilMs = performance.now() + longestCallMs(wire.timeouts) + gateMaxMs
  return onLine<Outcome>(wire, contract, preparation, async (line) => {
    const ready = await readyStep(line)
    if (ready.kind === 'unsent') return answered(line, ready.outcome, ready.step)
    if (!(await mayLeave(line))) return answered(line, overRate, ready.step)
    if (wire.connections.isClosed()) return answered(line, stopped, ready.step)
    if (performance.now() > untilMs) return answered(line, heldUp, ready.step)
    const { answer, mask, step } = await executeStep(line, ready)
    const outcome = read(answer, { ...asked, token: ready.token, mask })
    return answered<Outcome | Unsent>(line, outcome, ready.step, step)
  })
}

// A gate keeps nobody for longer. Whoever is later was held up between the steps, by a process that stood still, and may
// have been taken for dead.
const gateMaxMs = 60_000

async function mayLeave({ contract, request }: Line): Promise<boolean> {
  const { gate = null } = contract
  return gate === null || gate(methodOf(request))
}

async function probeMethod(
  wire: Wire,
  contract: GatewayContract,
  payMethod: string,
): Promise<GatewayAnswer<ProbeOutcome>> {
  const preparation = prepareProbe(contract, payMethod)
  const answer = await onLine<ProbeOutcome>(wire, contract, preparation, async (line) => {
    const ready = await readyStep(line)
    const outcome: ProbeOutcome = ready.kind === 'unsent' ? ready.outcome : { kind: 'approved' }
    return answered(line, outcome, ready.step)
  })
  // A refused preparation has no PAYMETHOD of its own; a probe always knows which it was about.
  return { ...answer, exchange: { ...answer.exchange, method: payMethod } }
}

/** Lends a connection to the work, and answers in its place when there is none to lend or nothing to send. */
async function onLine<Outcome>(
  wire: Wire,
  contract: GatewayContract,
  request: Preparation,
  work: (line: Line) => Promise<GatewayAnswer<Outcome | Unsent>>,
): Promise<GatewayAnswer<Outcome | Unsent>> {
  if (request.kind !== 'prepared') return nothingSent(unsentFor(request), 'preflight')
  const method = methodOf(request)
  const readyUrl = readyUrlOf(contract.baseUrl, wire)
  if (readyUrl === null) return nothingSent(baseUrlRefused, method)
  const connection = await wire.connections.borrow(readyUrl.origin)
  if (connection.kind === 'stopped') return nothingSent(stopped, method)
  if (connection.kind === 'busy') return nothingSent(busy, method)
  try {
    return await work({ wire, contract, request, readyUrl, connection })
  } finally {
    wire.connections.giveBack(connection)
  }
}

function methodOf({ payMethod, isCancel }: Line['request']): string {
  return isCancel ? `cancel ${payMethod}` : payMethod
}

function answered<Outcome>(
  { request }: Line,
  outcome: Outcome,
  ready: WireStep,
  execute: WireStep | null = null,
): GatewayAnswer<Outcome> {
  return { outcome, exchange: { method: methodOf(request), ready, execute } }
}

function nothingSent(
  outcome: Unsent,
  method: string,
): { outcome: Unsent; exchange: ExchangeRecord } {
  return { outcome, exchange: { method, ready: null, execute: null } }
}

function unsent(cause: Unsent['cause'], message: string): Unsent {
  return { kind: 'unsent', cause, code: null, message }
}

const stopped = unsent('stopped', '서버가 종료 중이어서 요청을 전송하지 않았습니다.')

const heldUp = unsent('stopped', '서버가 오래 멈추어 있어서 요청을 전송하지 않았습니다.')

const overRate = unsent(
  'over_rate',
  'PG사의 초당 요청 한도에 도달하여 요청을 전송하지 않았습니다. 잠시 후 다시 시도해 주세요.',
)

const busy = unsent(
  'connect',
  'PG사로 보내는 요청이 많아 연결하지 못했습니다. 요청은 전송되지 않았습니다.',
)

const baseUrlRefused = unsent(
  'preflight',
  `PG사 주소(baseUrl)가 올바르지 않습니다. https 주소만 사용할 수 있습니다. ${connectMessage}`,
)
