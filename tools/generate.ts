// Writes every generated document: node tools/generate.ts

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { loadGeneratedDocuments } from './generated-documents.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

for (const { path, render } of await loadGeneratedDocuments()) {
  const text = await render()
  const known = await readFile(`${root}/${path}`, 'utf8').catch(() => null)
  if (known !== text) await writeFile(`${root}/${path}`, text)
  process.stdout.write(`${known === text ? 'unchanged' : 'written  '}  ${path}\n`)
}
