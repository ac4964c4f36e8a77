// /healthz says that the process lives; /readyz that it can do its work, and if not, what is in the way.

import type { FastifyInstance } from 'fastify'

/** What /readyz answers; made by whoever knows what the work is. */
export interface HealthReport {
  /** `draining`: the process is about to end. What arrives is served, but nobody should send more. */
  readonly status: 'ready' | 'not ready' | 'draining'
  readonly checks: Readonly<Record<string, object>>
}

export function healthRoutes(
  app: FastifyInstance,
  { report }: { readonly report: () => Promise<HealthReport> },
): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    const { status, checks } = await report()
    return reply.code(status === 'ready' ? 200 : 503).send({ status, checks })
  })
}
