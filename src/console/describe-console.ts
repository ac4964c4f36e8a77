// The OpenAPI 3.1 document of the console's API, from the same calls that read requests and render answers.

import type { TObject, TSchema } from 'typebox'

import type { ConsoleCall } from './console-call.ts'
import { schemaBehind } from './console-schema.ts'
import { consoleErrorCodes, fieldFaults } from './console-error.ts'

type Json = Readonly<Record<string, unknown>>

export interface ConsoleDescription {
  /** By area, in the order of the document. */
  readonly areas: Readonly<Record<string, readonly ConsoleCall[]>>
  /** Schemas that stand under a name of their own instead of being repeated; found by identity. */
  readonly schemas: Readonly<Record<string, TSchema>>
  readonly version: string
}

export const consoleApiPath = '/console/api'

/** Ready for JSON.stringify. */
export function describeConsole({ areas, schemas, version }: ConsoleDescription): Json {
  const names = new Map<object, string>(
    Object.entries(schemas).map(([name, schema]) => [schema, name]),
  )
  const paths: Record<string, Record<string, Json>> = {}
  for (const [area, calls] of Object.entries(areas)) {
    for (const call of calls) {
      const operations = (paths[pathOf(call.url)] ??= {})
      operations[call.method.toLowerCase()] = describeCall(call, area, names)
    }
  }
  const shared = Object.entries(schemas).map(
    ([name, schema]) => [name, members(schema, names)] as const,
  )
  return {
    openapi: '3.1.1',
    info: { title: 'billkey console', version, description: introduction },
    servers: [{ url: consoleApiPath }],
    security: [{ session: [] }],
    tags: Object.keys(areas).map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: errorSchema, ...Object.fromEntries(shared) },
      responses: { Error: errorResponse },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-billkey' },
      },
    },
  }
}

const introduction = [
  'What the console at /console is made of. It is for operators who are signed in; programs use the V1 API.',
  'Every call but GET carries the header `X-Billkey-Csrf` with the csrfToken of `GET /session`.',
  'What a page asks by itself carries `X-Billkey-Background: 1`, so that it does not keep the session alive.',
  'Success is 200 with the object itself. A failure is another status and `{"error": {...}}`.',
  'Lists are paged by key: pass `nextCursor` on as `cursor` until it is null.',
].join('\n\n')

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'fields', 'requestId'],
      properties: {
        code: { type: 'string', enum: consoleErrorCodes },
        message: { type: 'string', description: 'English, for whoever reads the API by hand.' },
        fields: {
          type: ['object', 'null'],
          description: 'What is wrong, by parameter; nested ones with dots.',
          additionalProperties: { type: 'string', enum: fieldFaults },
        },
        requestId: { type: 'string' },
      },
    },
  },
}

const errorResponse = {
  description: 'Refused or failed.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
}

function describeCall(call: ConsoleCall, area: string, names: ReadonlyMap<object, string>): Json {
  const inPath = pathNamesOf(call.url)
  const own = Object.entries(call.params.properties).filter(([name]) => !inPath.includes(name))
  const isInBody = sendsBody(call)
  const parameters = [
    ...inPath.map((name) => parameter(call, 'path', name, names)),
    ...(isInBody ? [] : own.map(([name]) => parameter(call, 'query', name, names))),
  ]
  return {
    tags: [area],
    operationId: call.name,
    summary: call.summary,
    'x-access': call.access,
    ...(call.access === 'anyone' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(isInBody && own.length > 0 && { requestBody: describeBody(call, own, names) }),
    responses: {
      200: {
        description: 'Done.',
        content:
          call.file === undefined
            ? { 'application/json': { schema: plain(call.response, names) } }
            : { [call.file]: { schema: { type: 'string' } } },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

/** Whether parameters beside those of the path travel in the body. */
export function sendsBody({ method }: Pick<ConsoleCall, 'method'>): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

function pathNamesOf(url: string): string[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => name as string)
}

function pathOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}')
}

function parameter(
  { params }: ConsoleCall,
  place: 'path' | 'query',
  name: string,
  names: ReadonlyMap<object, string>,
): Json {
  const schema = (params.properties as Record<string, TSchema>)[name] ?? { type: 'string' }
  const isRequired = place === 'path' || mustBeSent(params, name)
  return { name, in: place, required: isRequired, schema: plain(schema, names) }
}

function describeBody(
  { params }: ConsoleCall,
  own: readonly (readonly [string, TSchema])[],
  names: ReadonlyMap<object, string>,
): Json {
  const required = own.map(([name]) => name).filter((name) => mustBeSent(params, name))
  const properties = Object.fromEntries(own.map(([name, schema]) => [name, plain(schema, names)]))
  const schema = {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
  return { required: required.length > 0, content: { 'application/json': { schema } } }
}

/** What has a default need not be. */
function mustBeSent({ required, properties }: TObject, name: string): boolean {
  return (
    (required as readonly string[] | undefined)?.includes(name) === true &&
    !('default' in (properties[name] as object))
  )
}

function plain(schema: unknown, names: ReadonlyMap<object, string>): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const name = names.get(schema)
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  const behind = names.get(schemaBehind(schema) ?? {})
  if (behind === undefined) return members(schema, names)
  return { anyOf: [{ $ref: `#/components/schemas/${behind}` }, { type: 'null' }] }
}

function members(schema: object, names: ReadonlyMap<object, string>): unknown {
  if (Array.isArray(schema)) return schema.map((member) => plain(member, names))
  return Object.fromEntries(
    Object.entries(schema as TObject).map(([word, member]) => [word, plain(member, names)]),
  )
}
