// The SQL of the server as the tidy tests see it: every statement that is declared by name, with the text that is sent.

import { declaredStatements } from '../../src/db/database.ts'
import { programFiles, read, withoutComments } from './repository-files.ts'

const codeOf = new Map(
  [...programFiles]
    .filter((path) => path.startsWith('src/'))
    .sort()
    .map((path) => [path, withoutComments(read(path))]),
)

export interface Declaration {
  readonly path: string
  readonly name: string
}

/** Where statements are declared that bear a name of their own, in the order of files. */
export const declarations: readonly Declaration[] = [...codeOf].flatMap(([path, code]) =>
  [...code.matchAll(/\bsql\(\s*'(\w+)'/g)].map(([, name = '']) => ({ path, name })),
)

const declaring = [...codeOf]
  .filter(([, code]) => /\bsql(?:OfEach)?\(/.test(code))
  .map(([path]) => path)
await Promise.all(declaring.map((path) => import(`../../${path}`)))

export interface Statement {
  readonly name: string
  readonly text: string
}

/** Every statement of the server, those that are made from a list of questions too. */
export const statements: readonly Statement[] = [...declaredStatements()].map(([name, text]) => ({
  name,
  text,
}))
