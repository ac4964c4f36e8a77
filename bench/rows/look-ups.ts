// `GET /payments/{imp_uid}` and `getToken`: what merchants call most, next to bare servers that answer as much.

import {
  contest,
  cpuNote,
  errorsOf,
  processorRatio,
  type RunOptions,
  valuesOf,
} from '../contest.ts'
import { figure, ratio, type RowOutcome } from '../figures.ts'
import { type Rig, startPeer } from '../rig.ts'
import { bareFastifyGet, bareFastifyPost, bareGet, bareHttpGet, barePost } from './ceilings.ts'
import { chargeContestant, closedModel } from './charges.ts'
import { getPaymentWork, getTokenWork, makePayment } from './requests.ts'

const connections = 16

export async function measureGetPayment(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const { impUid, answer } = await makePayment(rig)
  // Otherwise the bare ones would answer other bytes.
  if (JSON.stringify(JSON.parse(answer)) !== answer) throw new Error('the answer has spaces in it')
  const [fastify, http] = await Promise.all([
    startPeer(rig, 'bare-fastify', answer),
    startPeer(rig, 'bare-http', answer),
  ])
  const model = closedModel(connections, options)
  const ours = 'GET /payments/{imp_uid}'
  const turns = await contest(
    rig,
    [
      bareGet(bareHttpGet, http, model),
      bareGet(bareFastifyGet, fastify, model),
      chargeContestant(ours, (of) => getPaymentWork(of, [impUid]), model),
    ],
    options,
  )
  await Promise.all([fastify.stop(), http.stop()])
  const perSecond = valuesOf(turns, ours)
  const target = { kind: 'at least', value: 0.3, goal: 0.45 } as const
  return {
    figures: [
      figure(bareHttpGet, '/s', valuesOf(turns, bareHttpGet)),
      figure(bareFastifyGet, '/s', valuesOf(turns, bareFastifyGet)),
      figure(ours, '/s', perSecond),
      ratio(`${ours} ÷ ${bareFastifyGet}`, perSecond, valuesOf(turns, bareFastifyGet), target),
      processorRatio(turns, ours, bareFastifyGet),
    ],
    notes: [`${Buffer.byteLength(answer)} bytes`, cpuNote(turns, ours)],
    errors: errorsOf(turns),
  }
}

export async function measureGetToken(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const fastify = await startPeer(rig, 'bare-fastify')
  const model = closedModel(connections, options)
  const ours = 'POST /users/getToken'
  const turns = await contest(
    rig,
    [
      barePost(bareFastifyPost, fastify, model),
      chargeContestant(ours, async (of) => getTokenWork(of), model),
    ],
    options,
  )
  await fastify.stop()
  const perSecond = valuesOf(turns, ours)
  const target = { kind: 'at least', value: 0.4, goal: 0.6 } as const
  return {
    figures: [
      figure(bareFastifyPost, '/s', valuesOf(turns, bareFastifyPost)),
      figure(ours, '/s', perSecond),
      ratio(`${ours} ÷ ${bareFastifyPost}`, perSecond, valuesOf(turns, bareFastifyPost), target),
      processorRatio(turns, ours, bareFastifyPost),
    ],
    notes: [cpuNote(turns, ours)],
    errors: errorsOf(turns),
  }
}
