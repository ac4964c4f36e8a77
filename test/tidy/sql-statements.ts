// The SQL of the server as the tidy tests see it: every statement that is declared by name.

import { programFiles, read, withoutComments } from './repository-files.ts'

const serverFiles = [...programFiles].filter((path) => path.startsWith('src/')).sort()

export interface Statement {
  readonly path: string
  readonly name: string
  readonly text: string
}

/** Every statement of the server, in the order of files. */
export const statements: readonly Statement[] = serverFiles.flatMap((path) => {
  const code = withoutComments(read(path))
  return [...code.matchAll(/\bsql\(\s*'(\w+)',\s*([`'])((?:[^\\]|\\[^])*?)\2/g)].map(
    ([, name = '', , text = '']) => ({ path, name, text: withFragments(text, code) }),
  )
})

/** Puts the text of a file's own fragments in the place of `${fragment}`. */
function withFragments(text: string, code: string): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
    const fragment = new RegExp(`\\bconst ${name} =\\s*([\`'])([^]*?)\\1`).exec(code)
    return fragment?.[2] ?? whole
  })
}
