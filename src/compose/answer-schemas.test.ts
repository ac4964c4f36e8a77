// Every answer's schema can become a serialiser. They are compiled when a route first answers (lazy-serializers.ts), which
// for a charge is after the money was taken: what cannot be compiled has to show here.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import fastJson from 'fast-json-stringify'

import { consoleAreas } from '../console/console-api.ts'
import { envelopeOf } from '../http/envelope.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import type { Courier } from '../webhooks/deliver-due-webhooks.ts'
import type { AssembledParts } from './parts.ts'
import { allRoutes } from './routes.ts'

type Schema = Parameters<typeof fastJson>[0]

test('every answer of V1 has a schema that compiles', () => {
  const routes = allRoutes({} as AssembledParts, {} as ChargeDependencies, {} as Courier)
  assert.ok(routes.length > 20)
  for (const { url, response } of routes) {
    assert.doesNotThrow(() => fastJson(envelopeOf(response) as Schema), url)
  }
})

test('every answer of the console has a schema that compiles', () => {
  const calls = Object.values(consoleAreas).flat()
  assert.ok(calls.length > 50)
  for (const { url, response } of calls) {
    assert.doesNotThrow(() => fastJson(response as Schema), url)
  }
})
