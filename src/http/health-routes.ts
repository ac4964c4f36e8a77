// /healthz says that the process lives; /readyz that it can do its work.

import type { FastifyInstance } from 'fastify'

import { type Database, sql } from '../db/database.ts'

const pingStatement = sql('ping', 'select 1')

export interface HealthDependencies {
  readonly db: Database
  /** The process is about to end: what arrives is served, but nobody should send more. */
  readonly isDraining: () => boolean
}

export function healthRoutes(app: FastifyInstance, { db, isDraining }: HealthDependencies): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    if (isDraining()) return reply.code(503).send({ status: 'draining' })
    try {
      await db.query(pingStatement)
      return { status: 'ready' }
    } catch {
      return reply.code(503).send({ status: 'database unavailable' })
    }
  })
}
