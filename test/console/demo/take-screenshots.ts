// Takes a picture of every page of the console, of the demo shop with its months behind it, into docs/screenshots/:
// npm run screenshots. Korean in both themes; a part in English, and on a phone's screen. With a word behind it only
// the pictures whose names contain it: npm run screenshots -- calendar

import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { picturesOf, take } from './pictures.ts'
import { openDemoShop } from './shop.ts'

const folder = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url))
const wanted = process.argv[2] ?? ''

/** A page that shows all of them. */
function galleryOf(files: readonly string[]): string {
  const parts = files.map((file) => `## ${file}\n\n![${file}](${file}.png)\n`)
  return `# The console in pictures\n\nTaken by \`npm run screenshots\`, of a made-up shop.\n\n${parts.join('\n')}`
}

if (wanted === '') await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const shop = await openDemoShop({ days: 144, customers: 96, receiverPort: 4_600 })
try {
  const pictures = picturesOf(shop)
  for (const picture of pictures.filter(({ file }) => file.includes(wanted))) {
    await take(shop, picture, folder)
    process.stdout.write(`${picture.file}\n`)
  }
  const gallery = galleryOf(pictures.map(({ file }) => file))
  await writeFile(join(folder, 'README.md'), gallery)
} finally {
  await shop.close()
}
const taken = (await readdir(folder)).filter((name) => name.endsWith('.png'))
const sizes = await Promise.all(taken.map((name) => stat(join(folder, name))))
const kilobytes = Math.round(sizes.reduce((sum, { size }) => sum + size, 0) / 1_000)
process.stdout.write(`${taken.length} pictures, ${kilobytes} kB, in docs/screenshots/\n`)
