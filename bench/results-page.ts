// What was measured, for people: a table for the terminal, a page and charts for the repository. The page is made of the
// rows' files, so that one row can be measured anew without the others.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { barChart, lineChart } from './chart.ts'
import { type Figure, isMet, type RowResult } from './figures.ts'

/** With an error anywhere in its row no target is met. */
function cells(figure: Figure, isValid: boolean): string[] {
  const { what, unit, spread, target } = figure
  const { median, least, most } = spread
  const met = isMet(figure)
  return [
    what,
    format(median, unit),
    `${format(least, unit)} – ${format(most, unit)}`,
    target === undefined
      ? ''
      : `${target.kind} ${format(target.value, unit)}${target.goal === undefined ? '' : `, goal ${format(target.goal, unit)}`}`,
    met === null ? '' : met && isValid ? 'yes' : 'NO',
  ]
}

const heads = ['figure', 'median', 'least – most', 'target', 'met']

/** As it is read by people. */
export function format(value: number, unit: Figure['unit']): string {
  // Nothing was answered; in a file it stands as null.
  if (!Number.isFinite(value)) return 'none'
  switch (unit) {
    case '×':
      return `${value.toFixed(3)} ×`
    case '/s':
      return `${value.toFixed(value < 100 ? 1 : 0)}/s`
    case 'ms':
      return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`
    case 's':
      return `${value.toFixed(2)} s`
    case '':
      return String(Math.round(value * 100) / 100)
    case 'MB':
    case '%':
    case 'bytes':
      return `${value.toFixed(0)} ${unit}`
  }
}

/** For a terminal. */
export function tableText({ title, figures, notes, errors }: RowResult): string {
  const rows = [heads, ...figures.map((one) => cells(one, errors.length === 0))]
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const invalid = errors.length === 0 ? [] : ['INVALID, because of errors:', ...errors.slice(0, 10)]
  return [`\n${title}`, ...lines, ...notes, ...invalid].join('\n')
}

/** Writes the row's file, charts and texts, and the page of all rows there are. */
export async function writeResults(
  dir: string,
  result: RowResult,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`)
  await writeFile(join(dir, `${result.name}.svg`), barChart(result))
  if (result.series.length > 0) {
    await writeFile(join(dir, `${result.name}-over-time.svg`), lineChart(result))
  }
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  await writePage(dir)
}

/** The page of all rows that there are files of, with the texts beside them. */
export async function writePage(dir: string): Promise<void> {
  const files = (await readdir(dir, { recursive: true })).map((name) => name.replaceAll('\\', '/'))
  const names = files.filter((name) => /^[^/]+\.json$/.test(name)).sort()
  const all = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(dir, name), 'utf8')) as RowResult),
  )
  const texts = files.filter((name) => name.endsWith('.txt')).sort()
  await writeFile(join(dir, 'README.md'), pageOf(all, texts))
}

function pageOf(all: readonly RowResult[], texts: readonly string[]): string {
  return `# Results of the benchmark

Written by \`npm run bench\`. How to read and repeat it: [bench/README.md](../README.md). What counts are the ratios: everything
in one row was measured in the same run, in turn, on the same two or more cores. Of each figure the median of the rounds, the least and the most.

${all.map((result) => sectionOf(result, texts)).join('\n')}`
}

/** What profiles and plans there are of a row. */
function linksOf(row: string, texts: readonly string[]): string {
  const links = (prefix: string) =>
    texts
      .filter((name) => name.startsWith(prefix))
      .map((name) => `[${name.slice(prefix.length, -'.txt'.length) || row}](${name})`)
      .join(', ')
  const profiles = links(`${row}-profile-`)
  const plans = row === 'plans' ? links('plans/') : links(`plans/${row}.`)
  return [
    ...(profiles === '' ? [] : [`\nWhere processor time went, by process: ${profiles}.\n`]),
    ...(plans === '' ? [] : [`\nPlans of the statements: ${plans}.\n`]),
  ].join('')
}

function sectionOf(result: RowResult, texts: readonly string[]): string {
  const { name, title, rounds, seconds, at, figures, series, notes, errors, rig } = result
  const table = [
    heads,
    heads.map(() => '---'),
    ...figures.map((one) => cells(one, errors.length === 0)),
  ]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
  const invalid =
    errors.length === 0
      ? ''
      : `\n**Invalid**: ${errors.length} errors, among them: ${errors[0]?.slice(0, 300)}\n`
  const overTime = series.length === 0 ? '' : `\n![${title}, over time](${name}-over-time.svg)\n`
  return `## ${title}

${rounds} rounds of ${seconds} s, ${at.slice(0, 10)}. ${Object.entries(rig)
    .map(([what, value]) => `${what} ${value}`)
    .join('; ')}.
${invalid}
${table}

${notes.map((note) => `- ${note}`).join('\n')}

![${title}](${name}.svg)
${overTime}${linksOf(name, texts)}`
}
