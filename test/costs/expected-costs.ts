// What a call costs, and why each part of it is needed. Counted with the caches of a process filled: token, channels,
// contracts and data keys are remembered for seconds, so a first call asks for them once more.
//
// The statement that commits an intent and the one that settles it can never be one: the gateway is called in between,
// outside any transaction. Two durable commits are therefore the least that a charge can cost.

export interface ExpectedCosts {
  /** By name, in the order in which they are carried out, each with its reason. */
  readonly statements: readonly (readonly [statement: string, why: string])[]
  /** Statements that are waited for by themselves. */
  readonly roundTrips: number
  /** Transactions that leave something to be written to disk. */
  readonly commits: number
  /** HTTP requests to the gateway: each of its calls is two, ready and execute. */
  readonly gatewayRequests: number
  readonly webhookRequests?: number
}

export type CallName =
  | 'again'
  | 'onetime'
  | 'onetime with customer_uid'
  | 'customers'
  | 'cancel'
  | 'GET payment'
  | 'getToken'
  | 'schedule attempt'
  | 'again with its webhook'

const findBillingKey = [
  'find_billing_key',
  'the sealed AUTOKEY and the channel it was issued on; not remembered, because it may be replaced or deleted at any time',
] as const

const insertIntent = [
  'insert_intent',
  'the payment and its exchange, durable before a byte leaves; refuses a merchant_uid that is taken and a merchant that is held',
] as const

const settlePayment = [
  'settle_payment',
  'what the answer proved, the end of the exchange, and all that follows: pending key, schedule, webhook',
] as const

const again = [findBillingKey, insertIntent, settlePayment] as const

export const expectedCosts: Readonly<Record<CallName, ExpectedCosts>> = {
  again: { statements: again, roundTrips: 3, commits: 2, gatewayRequests: 2 },
  onetime: {
    statements: [insertIntent, settlePayment],
    roundTrips: 2,
    commits: 2,
    gatewayRequests: 2,
  },
  'onetime with customer_uid': {
    statements: [
      insertIntent,
      [
        'record_key_issued_for_payment',
        'the key that was issued, kept until its payment ends, and the charge announced, before the charge is sent',
      ],
      [
        'settle_payment_alone',
        'what the answer proved, and the key that waited for it: kept or dropped in the same commit',
      ],
    ],
    roundTrips: 3,
    commits: 3,
    gatewayRequests: 4,
  },
  customers: {
    statements: [
      ['insert_issue_exchange', 'the exchange, durable before a byte leaves'],
      [
        'save_billing_key',
        'the key, sealed, with the end of its exchange and its line in the trail',
      ],
    ],
    roundTrips: 2,
    commits: 2,
    gatewayRequests: 2,
  },
  cancel: {
    statements: [
      [
        'find_cancellable_payment',
        'whose payment it is, what is left of it and on which channel it was taken',
      ],
      [
        'reserve_cancel',
        'the cancel, its exchange and its amount, durable before a byte leaves; two at once cannot give back too much',
      ],
      ['settle_cancel', 'what the answer proved, the amount booked or released, the webhook'],
      ['find_payment', 'the payment with all its cancels, as V1 answers it'],
      [
        'find_cancel',
        'the cancel as it ended: its outcome may have been settled by evidence meanwhile',
      ],
    ],
    roundTrips: 5,
    commits: 2,
    gatewayRequests: 2,
  },
  'GET payment': {
    statements: [['find_payment', 'the payment with its cancels']],
    roundTrips: 1,
    commits: 0,
    gatewayRequests: 0,
  },
  // The proof of the secret is remembered with the token it gave (give-access-token.ts).
  getToken: { statements: [], roundTrips: 0, commits: 0, gatewayRequests: 0 },
  'schedule attempt': {
    statements: [
      findBillingKey,
      [
        'insert_scheduled_intent',
        'takes the schedule and commits the intent, so that of two workers one gets it',
      ],
      settlePayment,
    ],
    roundTrips: 3,
    commits: 2,
    gatewayRequests: 2,
  },
  'again with its webhook': {
    statements: [
      ...again,
      [
        'take_up_webhooks',
        'leases what is due of a lane, up to thirty-two, with each attempt on record before it is made',
      ],
      ['find_webhook_endpoint', 'address, format and sealed secrets, as they are now'],
      ['record_webhook_delivered', 'what the merchant answered'],
    ],
    roundTrips: 6,
    commits: 4,
    gatewayRequests: 2,
    webhookRequests: 1,
  },
}

/** What processes ask by themselves, whatever is called: how many there are of these depends on time alone. */
export const background: Readonly<Record<string, string>> = {
  find_due_schedules: 'the worker of schedules looks four times a second',
  find_due_schedules_of_each_merchant: 'the same, behind schedules that wait for a rate',
  find_due_webhook_lanes: 'the courier looks twice a second',
  list_merchant_clocks: 'stopped clocks, every second',
  list_gateway_breakers: 'gateways that are down, every second',
  list_held_merchants: 'merchants that came out of a backup, every second',
  insert_requests: 'the log of requests, all of a second with one statement',
  find_waiting_facts: 'evidence, every two seconds',
  find_unknowns_of_all: 'evidence, every two seconds',
  list_channels_lacking_report: 'evidence, every two seconds',
  list_open_holds: 'evidence, every two seconds',
  read_database_clock: "the database's clock, every five seconds",
  find_young_tables: 'tables that outgrew their statistics, every five seconds',
  find_lapsed_sending: 'lost senders, every five seconds',
  find_lapsed_cancels: 'lost senders, every five seconds',
  find_payments_to_give_back: 'money that must not stay, every five seconds',
  list_unsigned_audit_heads: 'the signer of trails, every five seconds',
  find_audit_head: 'the signer of trails, after an act',
  find_newest_audit_checkpoint: 'the signer of trails, after an act',
  list_audit_chain: 'the signer of trails, after an act',
  insert_audit_checkpoint: 'the signer of trails, after an act',
  describe_server: 'the version of the tables, every five seconds',
  find_migration_ledger: 'the version of the tables, every five seconds',
  list_applied_migrations: 'the version of the tables, every five seconds',
  list_unsealed_key_use: 'seals over the use of keys, every minute',
  find_expired_idempotency_keys: 'keys whose time is over, every minute',
}
