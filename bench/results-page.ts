// What was measured, for people: a table for the terminal, a page and charts for the repository. The page is made of the
// rows' files, so that one row can be measured anew without the others.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

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

function format(value: number, unit: Figure['unit']): string {
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

/** Writes the row's file and charts, and the page of all rows there are. */
export async function writeResults(dir: string, results: readonly RowResult[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const result of results) {
    await writeFile(join(dir, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`)
    await writeFile(join(dir, `${result.name}.svg`), barChart(result))
    if (result.series.length > 0) {
      await writeFile(join(dir, `${result.name}-over-time.svg`), lineChart(result))
    }
  }
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort()
  const all = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(dir, name), 'utf8')) as RowResult),
  )
  await writeFile(join(dir, 'README.md'), pageOf(all))
}

function pageOf(all: readonly RowResult[]): string {
  return `# Results of the benchmark

Written by \`npm run bench\`. How to read and repeat it: [bench/README.md](../README.md). What counts are the ratios: everything
in one row was measured in the same run, in turn, on the same two or more cores. Of each figure the median of the rounds, the least and the most.

${all.map(sectionOf).join('\n')}`
}

function sectionOf(result: RowResult): string {
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
${overTime}`
}
