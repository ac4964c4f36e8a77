// What every adapter owes the money rules, as tests against a PG that keeps its own books: an outcome may
// claim only what those books show, nothing is taken twice, and no secret is left in the evidence.

/* oxlint-disable typescript/no-floating-promises -- node:test keeps track of what it declares, as in every *.test.ts. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { Secret } from '../primitives/secret.ts'
import type {
  CancelRequest,
  CardInput,
  ChargeApproved,
  ChargeBillingKeyRequest,
  ChargeCardRequest,
  Gateway,
  GatewayContract,
  OrderLines,
} from './gateway.ts'

/** What happens to the next execute step; `committed`: the PG has carried it out all the same. */
export const executeFaults = [
  { fault: 'answer lost', committed: true },
  { fault: 'server error', committed: true },
  { fault: 'truncated answer', committed: true },
  { fault: 'garbage answer', committed: true },
  { fault: 'wrong token', committed: true },
  { fault: 'wrong amount', committed: true },
  { fault: 'uncertain code', committed: true },
  { fault: 'too late', committed: true },
  { fault: 'reset before commit', committed: false },
  { fault: 'server error before commit', committed: false },
  { fault: 'uncertain code before commit', committed: false },
] as const

export const readyFaults = ['refused', 'server error', 'time-out', 'garbage', 'elsewhere'] as const

export type ExecuteFault = (typeof executeFaults)[number]['fault']
export type ReadyFault = (typeof readyFaults)[number]

/** An adapter with a PG behind it whose books can be read. */
export interface GatewayUnderTest {
  readonly gateway: Gateway
  /** Allows everything; policy for foreign characters: reject. */
  readonly contract: GatewayContract
  /** The same adapter pointed at a port nobody listens on. */
  readonly unreachable: GatewayContract
  readonly approvingCardNumber: string
  /** Registers, and is declined when charged. */
  readonly decliningCardNumber: string
  readonly invalidCardNumber: string
  /** Approved charges in the PG's own books. */
  chargesOf(orderNumber: string): Promise<number>
  cancelledWonOf(transactionId: string): Promise<number>
  spoilNextExecute(fault: ExecuteFault): Promise<void>
  spoilNextReady(fault: ReadyFault): Promise<void>
  close(): Promise<void>
}

const birth = '820213'
const password = '47'

/** Declares the suite for one adapter. */
export function gatewayContract(name: string, make: () => Promise<GatewayUnderTest>): void {
  describe(`${name} as a gateway`, () => {
    let pg: GatewayUnderTest
    before(async () => {
      pg = await make()
    })
    after(async () => {
      await pg.close()
    })
    const subject = (): GatewayUnderTest => pg
    declareCharges(subject)
    declareBillingKeys(subject)
    declareFaults(subject)
    declareCancels(subject)
    declareEvidence(subject)
  })
}

type Subject = () => GatewayUnderTest

function declareCharges(subject: Subject): void {
  it('approves a key-in payment that the books show once', async () => {
    const pg = subject()
    const request = keyIn(pg.approvingCardNumber)
    const { outcome, exchange } = await pg.gateway.chargeCard(pg.contract, request)
    assertApproved(outcome)
    assert.notEqual(outcome.approvedAtMs, null)
    assert.equal(await pg.chargesOf(request.order.orderNumber), 1)
    assert.equal(exchange.execute?.status, 200)
  })

  it('passes a decline on with its words, and takes nothing', async () => {
    const pg = subject()
    const request = keyIn(pg.decliningCardNumber)
    const { outcome } = await pg.gateway.chargeCard(pg.contract, request)
    assert.equal(outcome.kind, 'declined')
    assert.equal(outcome.reason, 'declined')
    assert.match(outcome.message, /[가-힣]/)
    assert.equal(await pg.chargesOf(request.order.orderNumber), 0)
  })

  it('tells a wrong card number from other declines', async () => {
    const pg = subject()
    const { outcome } = await pg.gateway.chargeCard(pg.contract, keyIn(pg.invalidCardNumber))
    assert.equal(outcome.kind, 'declined')
    assert.equal(outcome.reason, 'card_invalid')
  })

  it('leaves unsent what the contract does not allow', async () => {
    const pg = subject()
    const contract = { ...pg.contract, allowsKeyInPlain: false, allowsKeyInVerified: false }
    const { outcome, exchange } = await pg.gateway.chargeCard(
      contract,
      keyIn(pg.approvingCardNumber),
    )
    assert.equal(outcome.kind, 'unsent')
    assert.equal(outcome.cause, 'not_contracted')
    assert.equal(exchange.ready, null)
  })

  it('leaves unsent what the wire cannot carry, or carries it substituted, as the contract says', async () => {
    const pg = subject()
    const request = keyIn(pg.approvingCardNumber)
    const order = { ...request.order, productName: '🍕 똠양꿍 정기구독' }
    const refused = await pg.gateway.chargeCard(pg.contract, { ...request, order })
    assert.equal(refused.outcome.kind, 'unsent')
    assert.equal(refused.outcome.cause, 'preflight')
    const contract = { ...pg.contract, unmappable: 'substitute' as const }
    const { outcome } = await pg.gateway.chargeCard(contract, { ...request, order })
    assertApproved(outcome)
  })

  it('leaves unsent what found no connection', async () => {
    const pg = subject()
    const { outcome } = await pg.gateway.chargeCard(pg.unreachable, keyIn(pg.approvingCardNumber))
    assert.equal(outcome.kind, 'unsent')
    assert.equal(outcome.cause, 'connect')
  })
}

function declareBillingKeys(subject: Subject): void {
  it('issues a billing key without a charge, and charges by it', async () => {
    const pg = subject()
    const gatewayKey = await issueKey(pg, pg.approvingCardNumber)
    const request = byKey(gatewayKey)
    const { outcome } = await pg.gateway.chargeBillingKey(pg.contract, request)
    assertApproved(outcome)
    assert.equal(await pg.chargesOf(request.order.orderNumber), 1)
  })

  it('is declined by key where the card is', async () => {
    const pg = subject()
    const request = byKey(await issueKey(pg, pg.decliningCardNumber))
    const { outcome } = await pg.gateway.chargeBillingKey(pg.contract, request)
    assert.equal(outcome.kind, 'declined')
    assert.equal(await pg.chargesOf(request.order.orderNumber), 0)
  })

  it('proves its settings by the ready step of each method, and takes nothing', async () => {
    const pg = subject()
    const answers = await pg.gateway.probe(pg.contract)
    assert.ok(answers.length > 0)
    for (const { outcome, exchange } of answers) {
      assert.equal(outcome.kind, 'approved')
      assert.equal(exchange.execute, null)
    }
  })
}

function declareFaults(subject: Subject): void {
  for (const { fault, committed } of executeFaults) {
    it(`is unknown after: ${fault}; the books show ${committed ? 'one charge' : 'none'}`, async () => {
      const pg = subject()
      const request = byKey(await issueKey(pg, pg.approvingCardNumber))
      await pg.spoilNextExecute(fault)
      const { outcome } = await pg.gateway.chargeBillingKey(pg.contract, request)
      assert.equal(outcome.kind, 'unknown')
      assert.equal(await pg.chargesOf(request.order.orderNumber), committed ? 1 : 0)
    })
  }

  for (const fault of readyFaults) {
    it(`is unsent when the ready step meets: ${fault}`, async () => {
      const pg = subject()
      const request = keyIn(pg.approvingCardNumber)
      await pg.spoilNextReady(fault)
      const { outcome, exchange } = await pg.gateway.chargeCard(pg.contract, request)
      assert.equal(outcome.kind, 'unsent')
      assert.equal(exchange.execute, null)
      assert.equal(await pg.chargesOf(request.order.orderNumber), 0)
    })
  }
}

function declareCancels(subject: Subject): void {
  for (const takenBy of ['key_in', 'billing_key'] as const) {
    it(`cancels in parts what was taken by ${takenBy}, and no more than there is`, async () => {
      const pg = subject()
      const transactionId = await charged(pg, takenBy)
      const part = cancelOf({ transactionId, takenBy, amountWon: 1_000 })
      const rest = { ...part, amountWon: 2_000 }
      assert.equal((await pg.gateway.cancel(pg.contract, part)).outcome.kind, 'approved')
      assert.equal((await pg.gateway.cancel(pg.contract, rest)).outcome.kind, 'approved')
      assert.equal(await pg.cancelledWonOf(transactionId), 3_000)
      const { outcome } = await pg.gateway.cancel(pg.contract, part)
      assert.equal(outcome.kind, 'declined')
      assert.equal(await pg.cancelledWonOf(transactionId), 3_000)
    })
  }

  it('does not know a cancel whose answer was lost, and has cancelled once', async () => {
    const pg = subject()
    const transactionId = await charged(pg, 'billing_key')
    await pg.spoilNextExecute('answer lost')
    const cancel = cancelOf({ transactionId, takenBy: 'billing_key', amountWon: 1_000 })
    const { outcome } = await pg.gateway.cancel(pg.contract, cancel)
    assert.equal(outcome.kind, 'unknown')
    assert.equal(await pg.cancelledWonOf(transactionId), 1_000)
  })
}

function declareEvidence(subject: Subject): void {
  it('keeps no secret in its exchanges', async () => {
    const pg = subject()
    const number = pg.approvingCardNumber
    const issued = await pg.gateway.issueBillingKey(pg.contract, {
      order: newOrder(),
      card: cardOf(number),
    })
    assert.equal(issued.outcome.kind, 'approved')
    const autoKey = issued.outcome.gatewayKey.reveal()
    const batch = await pg.gateway.chargeBillingKey(pg.contract, byKey(issued.outcome.gatewayKey))
    const direct = await pg.gateway.chargeCard(pg.contract, keyIn(number))
    const kept = JSON.stringify([issued.exchange, batch.exchange, direct.exchange])
    for (const secret of [number, autoKey, birth, pg.contract.linkKey.reveal()]) {
      assert.equal(kept.includes(secret), false)
    }
    assert.equal(kept.includes(`"${password}"`), false)
    assert.ok(kept.includes(number.slice(-4)))
  })
}

function assertApproved(outcome: { readonly kind: string }): asserts outcome is ChargeApproved {
  assert.equal(outcome.kind, 'approved')
}

async function issueKey(pg: GatewayUnderTest, cardNumber: string): Promise<Secret> {
  const request = { order: newOrder(), card: cardOf(cardNumber) }
  const { outcome } = await pg.gateway.issueBillingKey(pg.contract, request)
  assert.equal(outcome.kind, 'approved')
  assert.equal(await pg.chargesOf(request.order.orderNumber), 0)
  return outcome.gatewayKey
}

async function charged(pg: GatewayUnderTest, takenBy: CancelRequest['takenBy']): Promise<string> {
  const { outcome } =
    takenBy === 'key_in'
      ? await pg.gateway.chargeCard(pg.contract, keyIn(pg.approvingCardNumber))
      : await pg.gateway.chargeBillingKey(
          pg.contract,
          byKey(await issueKey(pg, pg.approvingCardNumber)),
        )
  assertApproved(outcome)
  return outcome.transactionId
}

let orderCount = 0

function newOrder(): OrderLines {
  orderCount += 1
  return {
    orderNumber: `contract-${process.pid}-${orderCount}`,
    productName: '정기구독 1개월',
    buyerName: '홍길동',
    buyerEmail: 'buyer@example.com',
    userId: 'customer-1',
    buyerIp: '192.0.2.10',
  }
}

function cardOf(number: string): CardInput {
  return {
    number: new Secret(number),
    expiry: new Secret('209912'),
    birth: new Secret(birth),
    passwordTwoDigits: new Secret(password),
  }
}

const money = {
  amountWon: 3_000,
  instalmentMonths: 0,
  tax: { mode: 'taxable', taxFreeWon: 0 },
} as const

function keyIn(cardNumber: string): ChargeCardRequest {
  return { order: newOrder(), card: cardOf(cardNumber), ...money }
}

function byKey(gatewayKey: Secret): ChargeBillingKeyRequest {
  return { order: newOrder(), gatewayKey, ...money }
}

function cancelOf(
  what: Pick<CancelRequest, 'transactionId' | 'takenBy' | 'amountWon'>,
): CancelRequest {
  return { ...what, taxFreeWon: 0, reason: '고객 요청' }
}
