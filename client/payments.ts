// Payments: look-ups, cancels and the registered amounts of payment windows.

import { type Caller, pathOf } from './caller.ts'
import { cancel } from './charge.ts'
import { NotFoundError } from './errors.ts'
import { type CancelOutcome, type OrderOutcome, outcomeOf } from './outcomes.ts'
import type { Page, Payment, PaymentBalance, PreparedPayment } from './v1-objects.ts'
import type {
  CallOptions,
  CancelRequest,
  FindAllRequest,
  FindRequest,
  GetManyRequest,
  ListPaymentsRequest,
  MutationOptions,
  PrepareRequest,
} from './v1-requests.ts'

export interface PaymentCalls {
  /** By imp_uid. Throws NotFoundError. */
  get(impUid: string, options?: CallOptions): Promise<Payment>
  /** Those of the named that exist. */
  getMany(request: GetManyRequest, options?: CallOptions): Promise<readonly Payment[]>
  /** The first of the order's payments, the newest unless sorted otherwise. Throws NotFoundError. */
  find(merchantUid: string, request?: FindRequest, options?: CallOptions): Promise<Payment>
  /** All attempts of an order; an empty page when there is none. */
  findAll(
    merchantUid: string,
    request?: FindAllRequest,
    options?: CallOptions,
  ): Promise<Page<Payment>>
  /** What became of an order: the look-up after an unknown outcome. */
  outcome(merchantUid: string, options?: CallOptions): Promise<OrderOutcome>
  /** By status and time; with `paginate`, sort by `started`, or new payments shift the pages. */
  list(request: ListPaymentsRequest, options?: CallOptions): Promise<Page<Payment>>
  /** Gives money back, in whole or in part. Throws RefusedError when nothing was given back. */
  cancel(request: CancelRequest, options?: MutationOptions): Promise<CancelOutcome>
  /** Of two wallets only; everything else throws NotFoundError. */
  balance(impUid: string, options?: CallOptions): Promise<PaymentBalance>
  /** Registers the amount that a payment window is held against. */
  prepare(request: PrepareRequest, options?: MutationOptions): Promise<PreparedPayment>
  changePrepared(request: PrepareRequest, options?: MutationOptions): Promise<PreparedPayment>
  getPrepared(merchantUid: string, options?: CallOptions): Promise<PreparedPayment>
}

export function paymentCalls(caller: Caller): PaymentCalls {
  const findAll: PaymentCalls['findAll'] = async (merchantUid, request = {}, options) => {
    const { status = 'all', ...query } = request
    const path = pathOf`/payments/findAll/${merchantUid}/${status}`
    return emptyWhenNotFound(caller.call({ method: 'GET', path, query, options }), {
      total: 0,
      previous: 0,
      next: 0,
      list: [],
    })
  }
  return {
    ...preparedCalls(caller),
    findAll,
    get: async (impUid, options) =>
      caller.call({ method: 'GET', path: pathOf`/payments/${impUid}`, options }),
    getMany: async ({ imp_uid, merchant_uid }, options) => {
      const query = { imp_uid, merchant_uid }
      return emptyWhenNotFound(
        caller.call({ method: 'GET', path: '/payments', query, options }),
        [],
      )
    },
    find: async (merchantUid, { status = 'all', sorting } = {}, options) => {
      const path = pathOf`/payments/find/${merchantUid}/${status}`
      return caller.call({ method: 'GET', path, query: { sorting }, options })
    },
    outcome: async (merchantUid, options) => judge((await findAll(merchantUid, {}, options)).list),
    list: async ({ status, ...query }, options) =>
      caller.call({ method: 'GET', path: pathOf`/payments/status/${status}`, query, options }),
    balance: async (impUid, options) =>
      caller.call({ method: 'GET', path: pathOf`/payments/${impUid}/balance`, options }),
    cancel: async (request, options) => {
      checkCancel(request)
      return cancel(caller, { method: 'POST', path: '/payments/cancel', body: request, options })
    },
  }
}

function preparedCalls(
  caller: Caller,
): Pick<PaymentCalls, 'prepare' | 'changePrepared' | 'getPrepared'> {
  const path = '/payments/prepare'
  return {
    prepare: async (request, options) =>
      caller.call({ method: 'POST', path, body: request, options }),
    changePrepared: async (request, options) =>
      caller.call({ method: 'PUT', path, body: request, options }),
    getPrepared: async (merchantUid, options) =>
      caller.call({ method: 'GET', path: pathOf`/payments/prepare/${merchantUid}`, options }),
  }
}

// An order is paid at most once, and nothing begins after that: one paid attempt decides, then one that is open.
// Failed attempts decide only when there is nothing else. The first page holds the newest.
function judge(attempts: readonly Payment[]): OrderOutcome {
  const [newest] = attempts
  if (newest === undefined) return { kind: 'absent' }
  const decisive =
    attempts.find(({ status }) => status === 'paid' || status === 'cancelled') ??
    attempts.find(({ status }) => status !== 'failed') ??
    newest
  return outcomeOf(decisive)
}

// To V1 an absent, null or zero amount is all that remains: a wrong sum must not become a full refund, nor a missing
// checksum the lack of a check.
function checkCancel(request: CancelRequest): void {
  if ('amount' in request && !isWhole(request.amount, 1)) {
    throw new TypeError('amount must be a whole number above 0; leave it out to cancel all')
  }
  if ('checksum' in request && !isWhole(request.checksum, 0)) {
    throw new TypeError('checksum must be a whole number')
  }
}

function isWhole(value: number | undefined, least: number): boolean {
  return value !== undefined && Number.isSafeInteger(value) && value >= least
}

async function emptyWhenNotFound<Value>(found: Promise<Value>, empty: Value): Promise<Value> {
  try {
    return await found
  } catch (error) {
    if (error instanceof NotFoundError) return empty
    throw error
  }
}
