// The OpenAPI document: committed as it is generated, served as it is committed, complete, and true of live answers.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'

import { Ajv2020 } from 'ajv/dist/2020.js'

import { startTestApp, type TestApp } from '../support/app.ts'
import { cardFields, cardThat, newOrder } from './orders.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: { readonly name?: string; readonly in?: string; readonly $ref?: string }[]
  readonly requestBody?: { readonly content: Record<string, Media> }
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>
  readonly security?: unknown[]
}

interface Media {
  readonly schema: { readonly $ref?: string }
  readonly examples?: Record<string, { readonly value: Record<string, unknown> }>
}

interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: Record<string, Record<string, object>>
}

let app: TestApp
let served: string
let document: Document

before(async () => {
  app = await startTestApp()
  served = await (await fetch(`${app.url}/openapi.json`)).text()
  document = JSON.parse(served) as Document
})
after(() => app.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

/** Compiles a schema of the document, whose references lead into it. */
function validatorOf(pointer: string) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(document, 'api')
  return ajv.compile({ $ref: `api#${pointer}` })
}

const escaped = (part: string) =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

const answerOf = (path: string, method: string, status = '200') =>
  `/paths/${escaped(path)}/${method}/responses/${status}/content/${escaped('application/json')}/schema`

describe('the OpenAPI document', () => {
  test('is committed as it is served', async () => {
    const committed = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8')
    assert.deepEqual(
      JSON.parse(committed),
      document,
      'the routes have changed: npm exec -- node tools/regenerate.ts',
    )
  })

  test('names every route of the API, and nothing that is not there', async () => {
    assert.ok(operations().length > 30)
    for (const { path, method } of operations()) {
      const url = app.url + path.replaceAll(/\{\w+\}/g, 'x')
      const reply = await fetch(url, { method: method.toUpperCase() })
      assert.ok([200, 400, 401].includes(reply.status), `${method} ${path}: ${reply.status}`)
    }
    const allow = (await fetch(`${app.url}/payments/cancel`, { method: 'OPTIONS' })).headers
    assert.match(String(allow.get('allow')), /POST/)
    assert.ok('post' in (document.paths['/payments/cancel'] ?? {}))
  })

  test('refers only to what is in it', () => {
    const references = [...served.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, target]) => target)
    assert.ok(references.length > 100)
    for (const target of new Set(references)) {
      const found = (target as string)
        .split('/')
        .reduce<unknown>((place, name) => (place as Record<string, unknown>)[name], document)
      assert.ok(found !== undefined, target)
    }
  })

  test('gives every operation a name of its own, a summary and all its path parameters', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    assert.equal(new Set(ids).size, ids.length)
    for (const { path, operation } of operations()) {
      assert.notEqual(operation.summary, '')
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = (operation.parameters ?? []).filter((one) => one.in === 'path')
      assert.deepEqual(
        described.map((one) => one.name),
        inPath,
        path,
      )
    }
  })

  test('has JSON Schemas that compile', () => {
    for (const name of Object.keys(document.components['schemas'] ?? {})) {
      validatorOf(`/components/schemas/${escaped(name)}`)
    }
    for (const { path, method } of operations()) validatorOf(answerOf(path, method))
  })

  test('takes Idempotency-Key wherever something changes, and tokens everywhere but at the login', () => {
    for (const { path, method, operation } of operations()) {
      const isLogin = path === '/users/getToken'
      const takesKey = (operation.parameters ?? []).some(({ $ref }) =>
        $ref?.endsWith('IdempotencyKey'),
      )
      assert.equal(takesKey, method !== 'get' && !isLogin, `${method} ${path}`)
      assert.deepEqual(operation.security, isLogin ? [] : undefined, path)
    }
  })

  test('describes each body as JSON and as a form, by one schema', () => {
    const bodies = operations().flatMap(({ operation }) => operation.requestBody ?? [])
    assert.ok(bodies.length > 10)
    for (const { content } of bodies) {
      const json = content['application/json']?.schema.$ref
      assert.ok(json !== undefined)
      assert.equal(content['application/x-www-form-urlencoded']?.schema.$ref, json)
    }
  })
})

describe('live answers', () => {
  test('to the examples are what the document says, and the examples are what it asks for', async () => {
    const examples = operations().flatMap(({ path, method, operation }) => {
      const media = operation.requestBody?.content['application/json']
      return Object.values(media?.examples ?? {}).map(({ value }) => ({
        path,
        method,
        value,
        media,
      }))
    })
    assert.equal(examples.length, 6)
    for (const { path, method, value, media } of examples) {
      const asked = validatorOf(String(media?.schema.$ref).slice(1))
      assert.ok(asked(value), JSON.stringify(asked.errors))
      if (path === '/users/getToken') continue
      const url = path.replace('{customer_uid}', 'your-customer-unique-id')
      const reply = await app.merchant.call(method.toUpperCase(), url, value)
      assert.equal(reply.body.code, 0, `${path}: ${reply.body.message}`)
      const answered = validatorOf(answerOf(path, method))
      assert.ok(answered(reply.body), `${path}: ${JSON.stringify(answered.errors)}`)
    }
  })

  test('that refuse are what the document says', async () => {
    const refusals = [
      ['POST', '/subscribe/payments/onetime', {}, '400'],
      ['POST', '/subscribe/payments/again', { ...newOrder(), customer_uid: 'nobody' }, '200'],
      ['GET', '/payments/{imp_uid}', undefined, '404'],
    ] as const
    for (const [method, path, body, status] of refusals) {
      const reply = await app.merchant.call(method, path.replace('{imp_uid}', 'imps_0'), body)
      assert.equal(String(reply.status), status)
      const refused = validatorOf('/components/schemas/Refusal')
      assert.ok(refused(reply.body), JSON.stringify(refused.errors))
      assert.ok(status in (document.paths[path]?.[method.toLowerCase()]?.responses ?? {}))
    }
  })

  test('bear the headers it names', async () => {
    const order = newOrder({ ...cardFields(cardThat('uncertain_after_commit')) })
    const keyed = { 'idempotency-key': 'openapi' }
    await app.merchant.call('POST', '/subscribe/payments/onetime', order, keyed)
    const { headers } = await app.merchant.call('POST', '/subscribe/payments/onetime', order, keyed)
    for (const name of Object.keys(document.components['headers'] ?? {})) {
      assert.notEqual(headers.get(name), null, name)
    }
  })
})
