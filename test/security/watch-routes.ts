// The routes of a server as it really runs, whatever registered them: Fastify announces every instance before the
// first route is added.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import type { FastifyInstance, RouteOptions } from 'fastify'

export interface WatchedRoute {
  readonly method: string
  /** Fastify's spelling: `/payments/:imp_uid`. */
  readonly url: string
}

/** Runs `start`, and gives what it gave with every route that was registered meanwhile, HEAD left out. */
export async function watchRoutes<Started>(
  start: () => Promise<Started>,
): Promise<{ readonly started: Started; readonly routes: readonly WatchedRoute[] }> {
  const routes: WatchedRoute[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, url })
    })
  }
  subscribe('fastify.initialization', watch)
  try {
    return { started: await start(), routes }
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
}
