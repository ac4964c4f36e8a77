// Every call to the gateway leaves a line in the log and its marks in the series: which call, how each step went, what
// was said. What is observed is the port, so an adapter knows nothing of it.

import type { EvidenceSource } from '../gateways/evidence.ts'
import type {
  CancelOutcome,
  ChargeOutcome,
  Gateway,
  GatewayAnswer,
  GatewayContract,
  IssueOutcome,
  WireStep,
} from '../gateways/gateway.ts'
import { noteOnSpan } from '../telemetry/activity.ts'
import { createBoundedLabel, type Metrics } from '../telemetry/metrics.ts'
import type { MetricName } from './metric-list.ts'

export interface GatewayWatch {
  readonly metrics: Metrics<MetricName>
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
  }
}

type Call = 'issue' | 'charge_card' | 'charge_billing_key' | 'cancel'
type Outcome = IssueOutcome | ChargeOutcome | CancelOutcome

const codesMax = 100

export function observeGateway(gateway: Gateway, { metrics, log }: GatewayWatch): Gateway {
  const boundCode = createBoundedLabel(codesMax)

  async function observed<O extends Outcome>(
    call: Call,
    { contract, orderNumber }: { contract: GatewayContract; orderNumber: string | null },
    work: () => Promise<GatewayAnswer<O>>,
  ): Promise<GatewayAnswer<O>> {
    const startedMs = performance.now()
    const answer = await work()
    const outcome: Outcome = answer.outcome
    const { ready, execute } = answer.exchange
    const code = boundCode(wordFor(outcome))
    const observeStep = (step: string, { durationMs }: WireStep) =>
      metrics.observe('billkey_gateway_step_duration_seconds', durationMs / 1000, {
        call,
        step,
        outcome: outcome.kind,
      })
    if (ready !== null) observeStep('ready', ready)
    if (execute !== null) observeStep('execute', execute)
    metrics.count('billkey_gateway_results_total', { call, outcome: outcome.kind, code })
    noteOnSpan('outcome', outcome.kind)
    noteOnSpan('code', code)
    const line = {
      call,
      outcome: outcome.kind,
      resultCode: 'code' in outcome ? outcome.code : '0000',
      cause: 'cause' in outcome ? outcome.cause : null,
      ms: Math.round(performance.now() - startedMs),
      readyMs: ready?.durationMs ?? null,
      executeMs: execute?.durationMs ?? null,
      orderNumber,
      pgId: contract.contractId,
      channelKey: contract.owner?.channelKey ?? null,
    }
    if (outcome.kind === 'unknown') log.warn(line, 'exchange with PAYJOA')
    else log.info(line, 'exchange with PAYJOA')
    return answer
  }

  return {
    ...gateway,
    issueBillingKey: (contract, request) =>
      observed('issue', { contract, orderNumber: request.order.orderNumber }, () =>
        gateway.issueBillingKey(contract, request),
      ),
    chargeCard: (contract, request) =>
      observed('charge_card', { contract, orderNumber: request.order.orderNumber }, () =>
        gateway.chargeCard(contract, request),
      ),
    chargeBillingKey: (contract, request) =>
      observed('charge_billing_key', { contract, orderNumber: request.order.orderNumber }, () =>
        gateway.chargeBillingKey(contract, request),
      ),
    // It names the approval's DAOUTRX; the payment stands on the line as `impUid`.
    cancel: (contract, request) =>
      observed('cancel', { contract, orderNumber: null }, () => gateway.cancel(contract, request)),
  }
}

/** A code as PAYJOA writes them; whatever else it sends in that place is not repeated. */
const codePattern = /^[0-9A-Z]{1,6}$/

function wordFor(outcome: Outcome): string {
  if (outcome.kind === 'approved') return '0000'
  if (outcome.code !== null && outcome.code !== '') {
    return codePattern.test(outcome.code) ? outcome.code : 'odd'
  }
  return 'cause' in outcome ? outcome.cause : 'none'
}

export function observeEvidence<Source extends EvidenceSource>(
  source: Source,
  { metrics }: Pick<GatewayWatch, 'metrics'>,
): Source {
  return {
    ...source,
    async fetchReport(contract, day) {
      const startedMs = performance.now()
      const answer = await source.fetchReport(contract, day)
      const isFetched = answer.kind === 'report'
      const outcome = isFetched ? 'approved' : 'unavailable'
      const labels = { call: 'report', outcome }
      metrics.observe(
        'billkey_gateway_step_duration_seconds',
        (performance.now() - startedMs) / 1000,
        { ...labels, step: 'report' },
      )
      metrics.count('billkey_gateway_results_total', { ...labels, code: answer.kind })
      metrics.count('billkey_daily_files_total', { result: isFetched ? 'fetched' : 'failed' })
      return answer
    },
  }
}
