// The PAYJOA client against the simulator, which reads the wire by itself and keeps its own ledger.

import { createServer } from 'node:net'
import { once } from 'node:events'

import { sandboxContract } from '../../../simulator/contracts.ts'
import { startSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { systemClock } from '../../primitives/clock.ts'
import { Secret } from '../../primitives/secret.ts'
import {
  type ExecuteFault,
  gatewayContract,
  type GatewayUnderTest,
  type ReadyFault,
} from '../gateway-contract.ts'
import type { GatewayContract } from '../gateway.ts'
import { createPayjoaGateway } from './payjoa.gateway.ts'

// Short, since two faults wait for it, but long enough for a busy machine.
const executeReadMs = 1_000

const executeFaultNames: Record<ExecuteFault, string> = {
  'answer lost': 'answer_lost',
  'server error': 'http_502',
  'truncated answer': 'truncated',
  'garbage answer': 'garbage',
  'wrong token': 'wrong_token',
  'wrong amount': 'wrong_amount',
  'uncertain code': 'uncertain_after_commit',
  'too late': 'slow',
  'reset before commit': 'reset_before_commit',
  'server error before commit': 'http_500_before_commit',
  'uncertain code before commit': 'uncertain_before_commit',
}

const readyFaultNames: Record<ReadyFault, string> = {
  refused: 'fail_fail',
  'server error': 'http_500',
  'time-out': 'timeout',
  garbage: 'garbage',
  elsewhere: 'foreign_return_url',
}

for (const route of ['D', 'K'] as const) {
  gatewayContract(`PAYJOA, route ${route}`, () => makeUnderTest(route))
}

async function makeUnderTest(cardRoute: 'D' | 'K'): Promise<GatewayUnderTest> {
  const simulator = await startSimulator({ seed: 1 })
  const closedPort = await findClosedPort()
  const gateway = createPayjoaGateway({
    clock: systemClock,
    timeouts: { connectMs: 5_000, readyReadMs: 1_000, executeReadMs },
    connectionsPerHost: 4,
    returnUrlHosts: [`127.0.0.1:${simulator.port}`],
    allowPlainHttp: true,
  })
  const contract: GatewayContract = {
    contractId: sandboxContract.cpid,
    linkKey: new Secret(sandboxContract.linkKey),
    baseUrl: simulator.url,
    productType: 'digital',
    cardRoute,
    allowsKeyInPlain: true,
    allowsKeyInVerified: true,
    allowsBilling: true,
    unmappable: 'reject',
  }
  return {
    gateway,
    contract,
    unreachable: { ...contract, baseUrl: `http://127.0.0.1:${closedPort}` },
    approvingCardNumber: '1234123412341234',
    decliningCardNumber: '9366000000202001',
    invalidCardNumber: '1234123412341235',
    chargesOf: (orderNumber) =>
      Promise.resolve(
        simulator
          .ledger()
          .entries.filter(({ kind, orderno }) => kind === 'approval' && orderno === orderNumber)
          .length,
      ),
    cancelledWonOf: (transactionId) =>
      Promise.resolve(
        simulator
          .ledger()
          .entries.find(({ kind, daoutrx }) => kind === 'approval' && daoutrx === transactionId)
          ?.cancelledAmount ?? 0,
      ),
    spoilNextExecute: (fault) => orderFault(simulator, 'execute', executeFaultNames[fault]),
    spoilNextReady: (fault) => orderFault(simulator, 'ready', readyFaultNames[fault]),
    close: async () => {
      await gateway.close()
      await simulator.close()
    },
  }
}

async function orderFault(
  simulator: Simulator,
  step: 'ready' | 'execute',
  fault: string,
): Promise<void> {
  const delay = fault === 'slow' ? { delayMs: executeReadMs * 2 } : {}
  const answer = await fetch(`${simulator.url}/_faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ match: { step }, fault, times: 1, ...delay }),
  })
  if (!answer.ok) throw new Error(`the simulator refused the fault: ${await answer.text()}`)
  await answer.body?.cancel()
}

async function findClosedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
