// A client for the i'mport (PortOne V1) REST API, of a billkey server or the hosted one. Needs fetch, AbortSignal.any
// and crypto.randomUUID, which Node 20.3 and Deno have. Not for browsers: there is nowhere to hide the secret.

import { createCaller } from './caller.ts'
import { type CodeCalls, codeCalls, type UserCalls, userCalls } from './codes.ts'
import { type CustomerCalls, customerCalls } from './customers.ts'
import type { Fetch } from './exchange.ts'
import { type PaymentCalls, paymentCalls } from './payments.ts'
import { type ClientClock, type Repeater, systemClock } from './repetition.ts'
import { type SubscribeCalls, subscribeCalls } from './subscribe.ts'
import { createTokenKeeper } from './token.ts'

export {
  BillkeyError,
  type BillkeyErrorKind,
  NotFoundError,
  RefusedError,
  TransportError,
  UnauthorizedError,
  UnknownOutcomeError,
} from './errors.ts'
export {
  type CancelledOutcome,
  type CancelOutcome,
  type ChargeOutcome,
  DeclinedError,
  type FailedOutcome,
  type OrderOutcome,
  type PaidOutcome,
  paidOrThrow,
  type UnknownOutcome,
} from './outcomes.ts'
export { paginate } from './paginate.ts'
export type {
  BillingKey,
  Cancellation,
  Channel,
  Page,
  Payment,
  PaymentBalance,
  PaymentStatus,
  PreparedPayment,
  Schedule,
  ScheduleStatus,
  StandardCode,
  Tier,
} from './v1-objects.ts'
export type {
  AgainRequest,
  CallOptions,
  CancelRequest,
  CustomerSchedulesRequest,
  FindAllRequest,
  FindRequest,
  ForeignRequest,
  GetManyRequest,
  ListPaymentsRequest,
  ListSchedulesRequest,
  MutationOptions,
  OnetimeRequest,
  PaymentSorting,
  PaymentStatusFilter,
  PrepareRequest,
  RegisterRequest,
  ScheduleEntry,
  ScheduleRequest,
  UnscheduleRequest,
} from './v1-requests.ts'
export type {
  ClientClock,
  CodeCalls,
  CustomerCalls,
  Fetch,
  PaymentCalls,
  SubscribeCalls,
  UserCalls,
}

/** Shown to the server, and by it on payments as `user_agent`. */
export const clientVersion = '0.1.0'

export interface ClientOptions {
  /** Of the server: `https://billkey.example.com`, or the hosted API's address. */
  readonly baseUrl: string
  readonly impKey: string
  readonly impSecret: string
  /** Default: the runtime's own. */
  readonly fetch?: Fetch
  /** Of one sending. Default 30 s; a billkey server answers within 25. */
  readonly timeoutMs?: number
  /** How often a request that cannot be carried out twice is sent again. Default 2. */
  readonly retriesMax?: number
  /** Default: the system's. */
  readonly clock?: ClientClock
}

export interface Client {
  readonly payments: PaymentCalls
  readonly subscribe: SubscribeCalls
  readonly customers: CustomerCalls
  readonly users: UserCalls
  readonly codes: CodeCalls
}

const defaultTimeoutMs = 30_000
const defaultRetriesMax = 2

/** Makes a client for one API key. Keep it: it holds the token for all its calls. */
export function createClient(options: ClientOptions): Client {
  const { impKey, impSecret, timeoutMs = defaultTimeoutMs } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  if (!/^https?:\/\/[^?#]+$/.test(baseUrl)) throw new TypeError('baseUrl is no http(s) address')
  const repeater: Repeater = {
    clock: options.clock ?? systemClock,
    random: Math.random,
    retriesMax: options.retriesMax ?? defaultRetriesMax,
    patienceMs: timeoutMs,
  }
  const common = {
    baseUrl,
    // Looked up at each call, so that what instruments fetch later is seen.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    timeoutMs,
    headers: { accept: 'application/json', 'user-agent': `billkey-client/${clientVersion}` },
    repeater,
  }
  const caller = createCaller({
    ...common,
    newKey: () => crypto.randomUUID(),
    tokens: createTokenKeeper({ ...common, impKey, impSecret }),
  })
  return {
    payments: paymentCalls(caller),
    subscribe: subscribeCalls(caller),
    customers: customerCalls(caller),
    users: userCalls(caller),
    codes: codeCalls(caller),
  }
}
