// console/src/api/contract.ts, from console/openapi.json: the types openapi-fetch works with. openapi-typescript would
// write them, but it needs the parser of TypeScript 5, which TypeScript 7 does not have.

import { readFile } from 'node:fs/promises'

import { writeDocument } from './generated-document.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly description?: string
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: Content & { readonly required: boolean }
  readonly responses: Readonly<Record<string, Content>>
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const header = `// Written by tools/generate-contract-of-console.ts from console/openapi.json; change what is there instead.
`

function contractOf({ paths, components }: OpenApi): string {
  const schemas = Object.entries(components.schemas)
    .map(([name, schema]) => `${key(name)}: ${typeOf(schema)}`)
    .join('\n')
  const routes = Object.entries(paths).map(([path, operations]) => {
    const members = Object.entries(operations).map(
      ([method, operation]) => `/** ${operation.summary} */\n${method}: ${operationOf(operation)}`,
    )
    return `${key(path)}: {\n${members.join('\n')}\n}`
  })
  return [
    header,
    `export interface components {\nschemas: {\n${schemas}\n}\n}`,
    `export interface paths {\n${routes.join('\n')}\n}`,
    '',
  ].join('\n')
}

function operationOf({ parameters = [], requestBody, responses }: Operation): string {
  const places = (['path', 'query'] as const).flatMap((place) => {
    const own = parameters.filter((parameter) => parameter.in === place)
    if (own.length === 0) return []
    const isOptional = own.every(({ required }) => !required)
    const named = own.map(
      ({ name, required, schema }) =>
        `${comment(schema)}${key(name)}${required ? '' : '?'}: ${typeOf(schema)}`,
    )
    return [`${place}${isOptional ? '?' : ''}: ${members(named)}`]
  })
  const body =
    requestBody === undefined
      ? 'requestBody?: never'
      : `requestBody${requestBody.required ? '' : '?'}: ${contentOf(requestBody)}`
  const answers = Object.entries(responses).map(([status, response]) => {
    const shape = '$ref' in response ? { content: errorContent } : response
    return `${key(status)}: ${contentOf(shape)}`
  })
  return `{\nparameters: ${members(places)}\n${body}\nresponses: {\n${answers.join('\n')}\n}\n}`
}

/** Members between brackets, those of nothing on one line. */
function members(lines: readonly string[]): string {
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n}`
}

/** The one response that the document refers to by name. */
const errorContent = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }

function contentOf({ content = {} }: Content): string {
  const types = Object.entries(content).map(
    ([mediaType, { schema }]) => `${key(mediaType)}: ${typeOf(schema)}`,
  )
  return `{ content: {\n${types.join('\n')}\n} }`
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return `components['schemas']['${schema.$ref.split('/').at(-1)}']`
  if ('const' in schema) return literal(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ')
  const { type } = schema
  if (type === undefined) return 'unknown'
  if (typeof type === 'string') return typeNamed(type, schema)
  return type.map((name) => typeNamed(name, schema)).join(' | ')
}

function typeNamed(name: string, schema: Schema): string {
  switch (name) {
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
    case 'boolean':
    case 'null':
      return name
    case 'array':
      return `Array<${typeOf(schema.items ?? {})}>`
    case 'object':
      return objectOf(schema)
    default:
      throw new Error(`no TypeScript for the JSON type ${name}`)
  }
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema)}${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  if (members.length > 0) return `{\n${members.join('\n')}\n}`
  return typeof additionalProperties === 'object'
    ? `Record<string, ${typeOf(additionalProperties)}>`
    : 'Record<string, never>'
}

/** Two blanks for each bracket that is open; the formatter leaves generated files alone. */
function indented(code: string): string {
  let depth = 0
  return code
    .split('\n')
    .map((line) => {
      if (/^[}\])>]/.test(line)) depth -= 1
      const text = line === '' ? '' : '  '.repeat(depth) + line
      if (!line.startsWith('/**') && /[{[(]$/.test(line)) depth += 1
      return text
    })
    .join('\n')
}

function comment({ description }: Schema): string {
  return description === undefined ? '' : `/** ${description} */\n`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : String(value)
}

function key(name: string): string {
  return /^(?:[A-Za-z_]\w*|\d+)$/.test(name) ? name : `'${name}'`
}

const root = new URL('../', import.meta.url)
const openApi = JSON.parse(await readFile(new URL('console/openapi.json', root), 'utf8')) as OpenApi
await writeDocument('console/src/api/contract.ts', indented(contractOf(openApi)))
