// The gateway as everybody uses it: calls of a channel whose gateway is taken for down end as `unsent`, and every
// outcome says something of its health.

import type {
  Gateway,
  GatewayAnswer,
  GatewayContract,
  Unknown,
  Unsent,
} from '../gateways/gateway.ts'
import { healthOf } from './breaker.ts'
import type { Breakers } from './breakers.ts'

export function guardGateway(gateway: Gateway, breakers: Breakers): Gateway {
  async function guarded<Outcome extends Parameters<typeof healthOf>[0]>(
    { owner = null }: GatewayContract,
    call: () => Promise<GatewayAnswer<Outcome>>,
  ): Promise<GatewayAnswer<Outcome | Unsent>> {
    if (owner === null) return call()
    if (breakers.isOpen(owner)) return down
    const answer = await call()
    breakers.learn(owner, healthOf(answer.outcome), reasonOf(answer.outcome))
    return answer
  }

  return {
    ...gateway,
    issueBillingKey: (contract, request) =>
      guarded(contract, () => gateway.issueBillingKey(contract, request)),
    chargeCard: (contract, request) =>
      guarded(contract, () => gateway.chargeCard(contract, request)),
    chargeBillingKey: (contract, request) =>
      guarded(contract, () => gateway.chargeBillingKey(contract, request)),
    cancel: (contract, request) => guarded(contract, () => gateway.cancel(contract, request)),
  }
}

function reasonOf(outcome: Unsent | Unknown | { readonly kind: string }): string {
  return 'cause' in outcome ? outcome.cause : outcome.kind
}

const down: GatewayAnswer<Unsent> = {
  outcome: {
    kind: 'unsent',
    cause: 'gateway_down',
    code: null,
    message: 'PG사가 응답하지 않아 요청을 전송하지 않았습니다. 잠시 후 다시 시도해 주세요.',
  },
  exchange: { method: 'none', ready: null, execute: null },
}
