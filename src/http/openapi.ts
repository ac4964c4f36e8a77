// The OpenAPI 3.1 document, from the same route definitions that read requests and render answers: what it says is
// what the server does. Its schemas are JSON Schema 2020-12, which TypeBox writes as it stands.

import type { TObject, TSchema } from 'typebox'

import { isList } from './envelope.ts'
import { errorResponses, keyParameter, responseHeaders, securitySchemes } from './openapi-common.ts'
import { requestExamples } from './openapi-examples.ts'
import type { V1Route } from './v1-routes.ts'

export interface ApiDescription {
  readonly routes: readonly V1Route[]
  /** Schemas that stand under a name of their own instead of being repeated. */
  readonly schemas: Readonly<Record<string, TSchema>>
  readonly version: string
}

/** Found by identity: a feature's schema is one object wherever a route uses it. */
type SchemaNames = ReadonlyMap<object, string>

type Json = Readonly<Record<string, unknown>>

/** The document, ready for JSON.stringify. Paths and schemas are in the order of the routes. */
export function describeApi({ routes, schemas, version }: ApiDescription): Json {
  const names: SchemaNames = new Map(
    Object.entries(schemas).map(([name, schema]) => [schema, name]),
  )
  const paths: Record<string, Record<string, Json>> = {}
  const requests: Record<string, unknown> = {}
  for (const route of routes) {
    const request = requestSchemaOf(route)
    if (request !== undefined) requests[requestName(route)] = plain(request, names)
    for (const path of pathsOf(route.url)) {
      const operations = (paths[path.text] ??= {})
      operations[route.method.toLowerCase()] = describeOperation(route, path, names)
    }
  }
  const shared = Object.entries(schemas).map(
    ([name, schema]) => [name, plainMembers(schema, names)] as const,
  )
  return {
    openapi: '3.1.1',
    info: { title: 'billkey', version, description: introduction },
    servers: [{ url: '/' }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Refusal: refusalSchema, ...Object.fromEntries(shared), ...requests },
      responses: errorResponses,
      headers: responseHeaders,
      parameters: { IdempotencyKey: keyParameter },
      securitySchemes,
    },
  }
}

const introduction = [
  '아임포트(포트원 V1) REST API와 호환되는 정기결제(빌링) 서버입니다. PG는 페이조아(다우데이타)입니다.',
  '요청은 JSON과 application/x-www-form-urlencoded(PHP 배열 표기 포함) 모두 사용할 수 있습니다.',
  '모든 응답은 `{code, message, response}` 형식이며, 성공은 HTTP 200(복수조회 일부 성공은 207)과 `code: 0`입니다.',
  '결제가 거절되어도 `code`는 0이고 `response.status`가 `failed`입니다. `code`가 0이 아니면 결제되지 않은 것입니다.',
  '결과를 알 수 없는 결제는 `status: ready`와 `Billkey-Outcome: unknown` 헤더로 응답하며, 확인되면 웹훅을 보냅니다.',
].join('\n\n')

const refusalSchema = {
  type: 'object',
  required: ['code', 'message', 'response'],
  properties: {
    code: { type: 'integer', enum: [1, -1] },
    message: { type: 'string' },
    response: { type: 'null' },
  },
}

interface Path {
  /** `/payments/find/{merchant_uid}`. */
  readonly text: string
  readonly names: readonly string[]
}

/** OpenAPI knows no optional part of a path, so a route that has one is two paths. */
function pathsOf(url: string): Path[] {
  const segments = url.split('/').filter((segment) => segment !== '')
  const isOptional = segments.at(-1)?.endsWith('?') === true
  const variants = isOptional ? [segments.slice(0, -1), segments] : [segments]
  return variants.map((parts) => ({
    text: `/${parts.map((part) => (part.startsWith(':') ? `{${nameOf(part)}}` : part)).join('/')}`,
    names: parts.filter((part) => part.startsWith(':')).map(nameOf),
  }))
}

function nameOf(segment: string): string {
  return segment.replace(/^:/, '').replace(/\?$/, '')
}

function describeOperation(route: V1Route, path: Path, names: SchemaNames): Json {
  const isPublic = route.auth === 'none'
  const body = describeBody(route)
  const parameters = [
    ...path.names.map((name) => pathParameter(route, name, names)),
    ...(sendsBody(route) ? [] : queryParameters(route, names)),
    ...(takesKey(route) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
  return {
    tags: [tagOf(route)],
    operationId: operationId(route, path),
    summary: route.summary,
    ...(isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: responsesOf(route, names),
  }
}

/** `/subscribe/payments/onetime` is of `subscribe/payments`, `/payments/cancel` of `payments`. */
function tagOf({ url }: V1Route): string {
  const [first = '', second = ''] = url.split('/').slice(1)
  return first === 'subscribe' ? `${first}/${second}` : first
}

function operationId({ method, url }: V1Route, path?: Path): string {
  const words = (path?.text ?? url).split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const capitals = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return method.toLowerCase() + capitals.join('')
}

function sendsBody({ method }: V1Route): boolean {
  return method === 'POST' || method === 'PUT'
}

function takesKey({ auth, method }: V1Route): boolean {
  return auth === 'token' && method !== 'GET'
}

function pathParameter(route: V1Route, name: string, names: SchemaNames): Json {
  const schema = route.params.properties[name] ?? { type: 'string' }
  return { name, in: 'path', required: true, schema: plain(schema, names) }
}

function queryParameters(route: V1Route, names: SchemaNames): Json[] {
  const required = new Set(route.params.required)
  return ownParameters(route).map(([name, schema]) => {
    const spellings = route.aliases[name] ?? []
    const described: Json = {
      in: 'query',
      required: required.has(name),
      schema: plain(schema, names),
    }
    const alike = spellings.length > 0 && { description: `다른 이름: ${spellings.join(', ')}` }
    // A list as V1 and PHP write it; the other spellings are read as well.
    return isList(schema)
      ? Object.assign({ name: `${name}[]`, style: 'form', explode: true }, described, alike)
      : Object.assign({ name }, described, alike)
  })
}

/** All parameters that are no part of the path. */
function ownParameters(route: V1Route): [string, TSchema][] {
  const inPath = new Set(pathsOf(route.url).flatMap((path) => path.names))
  return Object.entries(route.params.properties).filter(([name]) => !inPath.has(name))
}

function requestSchemaOf(route: V1Route): Json | undefined {
  if (!sendsBody(route)) return undefined
  const own = ownParameters(route)
  if (own.length === 0) return undefined
  const names = new Set(own.map(([name]) => name))
  const required = (route.params.required ?? []).filter((name) => names.has(name))
  return {
    type: 'object',
    properties: Object.fromEntries(own),
    ...(required.length === 0 ? {} : { required }),
  }
}

function requestName(route: V1Route): string {
  const id = operationId(route)
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`
}

function describeBody(route: V1Route): Json | undefined {
  const request = requestSchemaOf(route)
  if (request === undefined) return undefined
  const examples = requestExamples[`${route.method} ${route.url}`]
  const media = { schema: { $ref: `#/components/schemas/${requestName(route)}` } }
  return {
    required: 'required' in request,
    content: {
      'application/json': examples === undefined ? media : { ...media, examples },
      'application/x-www-form-urlencoded': media,
    },
  }
}

function responsesOf(route: V1Route, names: SchemaNames): Json {
  const answer = {
    type: 'object',
    required: ['code', 'message', 'response'],
    properties: {
      code: { const: 0 },
      message: { type: 'null' },
      response: plain(route.response, names),
    },
  }
  const headers = Object.fromEntries(
    Object.keys(responseHeaders)
      .filter((name) => takesKey(route) || !keyedHeaders.has(name))
      .map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  )
  const refusal = { $ref: '#/components/schemas/Refusal' }
  return {
    200: {
      description: '성공(`code: 0`) 또는 업무 오류(`code: 1`, `code: -1`)',
      headers,
      content: { 'application/json': { schema: { oneOf: [answer, refusal] } } },
    },
    ...(isList(route.response) && route.method === 'GET'
      ? {
          207: {
            description: '일부만 조회됨',
            headers,
            content: { 'application/json': { schema: answer } },
          },
        }
      : {}),
    ...errorsOf(route),
  }
}

/** Only mutations can leave an outcome open or be repeated under a key. */
const keyedHeaders = new Set(['Billkey-Outcome', 'Idempotency-Replayed'])

function errorsOf(route: V1Route): Json {
  const statuses = [
    '400',
    ...(route.auth === 'token' ? ['401'] : ['401', '429']),
    ...(pathsOf(route.url).some(({ names }) => names.length > 0) || isList(route.response)
      ? ['404']
      : []),
    ...(takesKey(route) ? ['409', '422'] : []),
    '500',
  ]
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]),
  )
}

// A schema without what only our own readers understand; a named one becomes a reference.
function plain(schema: unknown, names: SchemaNames): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const name = names.get(schema)
  return name === undefined ? plainMembers(schema, names) : { $ref: `#/components/schemas/${name}` }
}

function plainMembers(schema: object, names: SchemaNames): unknown {
  if (Array.isArray(schema)) return schema.map((member) => plain(member, names))
  const members = Object.entries(schema as TObject).filter(([word]) => !word.startsWith('x-'))
  return Object.fromEntries(members.map(([word, member]) => [word, plain(member, names)]))
}
