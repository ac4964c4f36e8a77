// PHP's parse_str, by which V1 reads forms and query strings. It differs in one point: a bare name sent
// several times keeps all its values, because an old client sends lists so; the schema decides later.
// Nothing here throws, whatever the text.

/**
 * PHP's own limit is 1,000 and it silently drops the rest. A dropped parameter of a charge is worse than a
 * refusal, so ours is higher (a schedule of 1,000 entries) and passing it is an outcome.
 */
export const formFieldCountMax = 10_000

/** PHP's max_input_nesting_level: a name nested deeper is ignored. */
export const formDepthMax = 64

/** `a=1&a=2`: the last one for a scalar, all of them for a list. */
export class RepeatedValue {
  readonly values: string[]

  constructor(first: string) {
    this.values = [first]
  }
}

export type FormValue = string | RepeatedValue | FormFields

/** Has no prototype, so that `__proto__` is a name like any other. Arrays are objects with index names. */
export interface FormFields {
  [name: string]: FormValue
}

export type FormOutcome =
  | { readonly kind: 'parsed'; readonly fields: FormFields }
  | { readonly kind: 'too_many_fields' }

export function parsePhpForm(text: string): FormOutcome {
  const form = new FormBuilder()
  let count = 0
  for (let start = 0; start < text.length;) {
    const end = endOfPair(text, start)
    if (end > start) {
      count += 1
      if (count > formFieldCountMax) return { kind: 'too_many_fields' }
      addPair(form, text.slice(start, end))
    }
    start = end + 1
  }
  return { kind: 'parsed', fields: form.fields }
}

/** For the router. A query fits in the request line's 16 KiB and so has fewer fields than the limit. */
export function parsePhpQuery(text: string): FormFields {
  if (text === '') return emptyFields()
  const outcome = parsePhpForm(text)
  return outcome.kind === 'parsed' ? outcome.fields : emptyFields()
}

function emptyFields(): FormFields {
  return Object.create(null) as FormFields
}

function endOfPair(text: string, start: number): number {
  const end = text.indexOf('&', start)
  return end === -1 ? text.length : end
}

function addPair(form: FormBuilder, pair: string): void {
  const equals = pair.indexOf('=')
  const name = decode(equals === -1 ? pair : pair.slice(0, equals))
  const text = equals === -1 ? '' : decode(pair.slice(equals + 1))
  const path = splitName(name)
  if (path !== undefined && path.length <= formDepthMax) form.add(path, text)
}

/**
 * `a[b][]` → ['a', 'b', ''], where '' asks for the next free index. The rules are those of PHP's
 * php_register_variable_ex: leading spaces go, dots and inner spaces of the first part become `_`, an
 * unclosed bracket is part of the name, text after the last bracket is ignored. Trailing spaces go too;
 * PHP would make them `_`, and clients do send `currency `.
 */
function splitName(decoded: string): string[] | undefined {
  const name = cutAtNul(decoded).trim()
  const open = name.indexOf('[')
  const base = (open === -1 ? name : name.slice(0, open)).trimEnd().replaceAll(/[ .]/g, '_')
  if (base === '') return undefined
  if (open === -1) return [base]
  if (!name.includes(']', open)) return [name.replaceAll(/[ .[]/g, '_')]
  return [base, ...bracketed(name, open)]
}

function bracketed(name: string, open: number): string[] {
  const keys: string[] = []
  for (let at = open; name[at] === '[' && keys.length < formDepthMax;) {
    const close = name.indexOf(']', at)
    if (close === -1) break
    keys.push(name.slice(at + 1, close).trimStart())
    at = close + 1
  }
  return keys
}

function cutAtNul(name: string): string {
  const nul = name.indexOf('\0')
  return nul === -1 ? name : name.slice(0, nul)
}

/** Holds the next free index of each array while a form is read. */
class FormBuilder {
  readonly fields: FormFields = emptyFields()
  readonly #nextIndexes = new Map<FormFields, number>()

  add(path: string[], text: string): void {
    const last = path.length - 1
    let node = this.fields
    for (let level = 0; level < last; level += 1) node = this.#enter(node, path[level] as string)
    const key = this.#claimKey(node, path[last] as string)
    // Only bare names repeat into a list; `a[0]=x&a[0]=y` is plainly the last one.
    if (last === 0) addBare(node, key, text)
    else node[key] = text
  }

  #enter(node: FormFields, segment: string): FormFields {
    const key = this.#claimKey(node, segment)
    const child = node[key]
    if (typeof child === 'object' && !(child instanceof RepeatedValue)) return child
    // As in PHP, an array takes the place of a scalar of the same name.
    const fresh = emptyFields()
    node[key] = fresh
    return fresh
  }

  #claimKey(node: FormFields, segment: string): string {
    const next = this.#nextIndexes.get(node) ?? 0
    if (segment === '') {
      this.#nextIndexes.set(node, next + 1)
      return String(next)
    }
    if (arrayIndex.test(segment)) this.#nextIndexes.set(node, Math.max(next, Number(segment) + 1))
    return segment
  }
}

// Nine digits are more than any list has, and keep the next index an exact integer.
const arrayIndex = /^(?:0|[1-9]\d{0,8})$/

function addBare(fields: FormFields, name: string, text: string): void {
  const earlier = fields[name]
  if (earlier instanceof RepeatedValue) {
    earlier.values.push(text)
  } else if (typeof earlier === 'string') {
    const repeated = new RepeatedValue(earlier)
    repeated.values.push(text)
    fields[name] = repeated
  } else {
    fields[name] = text
  }
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return decodeLeniently(spaced)
  }
}

/** As PHP does: a `%` without two hex digits stays as it is; bytes that are not UTF-8 become U+FFFD. */
function decodeLeniently(text: string): string {
  const source = Buffer.from(text, 'utf8')
  const decoded = Buffer.allocUnsafe(source.length)
  let length = 0
  for (let at = 0; at < source.length; at += 1) {
    const byte = source[at] as number
    const escaped = byte === percentSign ? hexByte(source, at + 1) : -1
    decoded[length] = escaped === -1 ? byte : escaped
    length += 1
    if (escaped !== -1) at += 2
  }
  return decoded.toString('utf8', 0, length)
}

const percentSign = 0x25

function hexByte(source: Buffer, at: number): number {
  const pair = source.toString('latin1', at, at + 2)
  return /^[0-9a-f]{2}$/i.test(pair) ? Number.parseInt(pair, 16) : -1
}
