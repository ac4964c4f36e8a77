// What billkey is held against: the runtime, the framework, the database and the gateway, each by itself.

import type { Contestant } from '../contest.ts'
import { requestText } from '../load/http-connection.ts'
import type { ClosedModel, OpenModel, RecordedStatement } from '../load/task.ts'
import { kilobyteOrder } from '../peers/bare-answers.ts'
import { cpid, linkKey, type Process } from '../rig.ts'

export const bareFastifyPost = 'bare Fastify, POST 1 KB'
export const bareHttpPost = 'bare node:http, POST 1 KB'
export const bareFastifyGet = 'bare Fastify, GET the same bytes'
export const bareHttpGet = 'bare node:http, GET the same bytes'
export const sqlOfPayment = 'the SQL of one payment'
export const gatewayAlone = 'the simulator, nothing between'

export function barePost(name: string, peer: Process, model: ClosedModel): Contestant {
  const requests = [requestText('POST', '/', { body: kilobyteOrder() })]
  return bare(name, peer, requests, model)
}

export function bareGet(name: string, peer: Process, model: ClosedModel): Contestant {
  return bare(name, peer, [requestText('GET', '/', {})], model)
}

function bare(
  name: string,
  peer: Process,
  requests: readonly string[],
  model: ClosedModel,
): Contestant {
  return {
    name,
    task: async () => ({
      work: { kind: 'http', origin: peer.url, requests, mustContain: '"code":0' },
      model,
    }),
    processes: () => ({ server: peer.pid }),
  }
}

export function sqlAlone(statements: readonly RecordedStatement[], model: ClosedModel): Contestant {
  return {
    name: sqlOfPayment,
    task: async ({ databaseUrl }) => ({
      work: { kind: 'sql', connectionString: databaseUrl, statements },
      model,
    }),
    processes: ({ postmasterPid }) => ({ postgres: postmasterPid }),
  }
}

export function gatewayByItself(model: ClosedModel | OpenModel): Contestant {
  return {
    name: gatewayAlone,
    task: async ({ simulator }) => ({
      work: { kind: 'gateway', origin: simulator.url, cpid, linkKey },
      model,
    }),
    processes: ({ simulator }) => ({ simulator: simulator.pid }),
  }
}
