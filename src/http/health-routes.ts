// /healthz says that the process lives; /readyz that it can do its work.

import type { FastifyInstance } from 'fastify'

import { type Database, sql } from '../db/database.ts'

const pingStatement = sql('ping', 'select 1')

export function healthRoutes(app: FastifyInstance, { db }: { readonly db: Database }): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    try {
      await db.query(pingStatement)
      return { status: 'ready' }
    } catch {
      return reply.code(503).send({ status: 'database unavailable' })
    }
  })
}
