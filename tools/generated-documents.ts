// A generated document is committed, and test/tidy/documents.test.ts fails when it differs from what its generator
// says. Every tools/generate-*.ts exports `documents`; nothing else has to know of a new one.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface GeneratedDocument {
  /** From the root of the repository. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

const folder = fileURLToPath(new URL('.', import.meta.url))

export async function loadGeneratedDocuments(): Promise<GeneratedDocument[]> {
  const names = readdirSync(folder).filter((name) => /^generate-.*\.ts$/.test(name))
  const modules = await Promise.all(
    names.sort().map(async (name) => {
      const module: unknown = await import(`./${name}`)
      return module as { readonly documents: readonly GeneratedDocument[] }
    }),
  )
  return modules.flatMap(({ documents }) => documents)
}
