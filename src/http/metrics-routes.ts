// /metrics says how much business is done here, so it is not for everybody: on the API's port it wants a bearer token,
// and without one in the settings it does not exist there. A port of its own may do without, since it need not be
// reachable from outside.

import type { FastifyInstance } from 'fastify'

import { isSameSecret } from '../primitives/same-secret.ts'
import type { Secret } from '../primitives/secret.ts'
import { unauthorized } from './v1-error.ts'

export interface Exposition {
  readonly contentType: string
  render(): Promise<string>
}

/** `token` null: whoever reaches the port may read. */
export function metricsRoutes(
  app: FastifyInstance,
  { metrics, token }: { readonly metrics: Exposition; readonly token: Secret | null },
): void {
  app.get('/metrics', async (request, reply) => {
    if (token !== null && !isBearer(request.headers.authorization, token)) throw unauthorized()
    return reply.header('content-type', metrics.contentType).send(await metrics.render())
  })
}

function isBearer(header: string | undefined, token: Secret): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? ''
  return isSameSecret(sent, token.reveal())
}
