// Bars and lines, drawn by hand: a few shapes need no library.

import type { Figure, RowResult, Series } from './figures.ts'

const width = 1040
const labelWidth = 540
const barsWidth = 380
const rowHeight = 22
const colours = ['#2563eb', '#d97706', '#059669', '#7c3aed']

/** One group of bars per unit, each with a line from the least to the most. */
export function barChart({ title, figures: all }: RowResult): string {
  const figures = all.filter(({ spread }) => Number.isFinite(spread.median))
  const units = [...new Set(figures.map(({ unit }) => unit))]
  let y = 30
  const groups = units.map((unit, at) => {
    const ofUnit = figures.filter((figure) => figure.unit === unit)
    const most = Math.max(...ofUnit.map(({ spread }) => spread.most), Number.MIN_VALUE)
    const bars = ofUnit.map((figure) => {
      const bar = barOf(figure, { y, most, colour: colours[at % colours.length] ?? '' })
      y += rowHeight
      return bar
    })
    y += 12
    return bars.join('\n')
  })
  return picture(title, y + 8, groups.join('\n'))
}

function barOf(
  { what, unit, spread, target }: Figure,
  { y, most, colour }: { readonly y: number; readonly most: number; readonly colour: string },
): string {
  const at = (value: number) => labelWidth + (Math.max(0, value) / most) * barsWidth
  const middle = y + rowHeight / 2
  const goal =
    target === undefined || target.value > most
      ? ''
      : `<line x1="${at(target.value)}" x2="${at(target.value)}" y1="${y}" y2="${y + rowHeight - 4}" stroke="#dc2626" stroke-width="2"/>`
  const digits = spread.median < 10 ? 3 : spread.median < 100 ? 1 : 0
  return `<text x="${labelWidth - 8}" y="${middle + 3}" text-anchor="end">${escaped(what)}</text>
<rect x="${labelWidth}" y="${y + 2}" width="${Math.max(1, at(spread.median) - labelWidth)}" height="${rowHeight - 8}" fill="${colour}"/>
<line x1="${at(spread.least)}" x2="${at(spread.most)}" y1="${middle - 1}" y2="${middle - 1}" stroke="#111827"/>
${goal}<text x="${at(spread.most) + 6}" y="${middle + 3}">${spread.median.toFixed(digits)} ${escaped(unit)}</text>`
}

const plotHeight = 150

/** One plot per series, one below the other, over the same seconds. */
export function lineChart({ title, series }: RowResult): string {
  const lastSecond = Math.max(...series.flatMap(({ points }) => points.map(([second]) => second)))
  const plots = series.map((one, at) =>
    plotOf(one, { y: 40 + at * (plotHeight + 40), lastSecond, colour: colours[at] ?? '#2563eb' }),
  )
  return picture(title, 40 + series.length * (plotHeight + 40), plots.join('\n'))
}

function plotOf(
  { what, unit, points }: Series,
  where: { readonly y: number; readonly lastSecond: number; readonly colour: string },
): string {
  const { y, lastSecond, colour } = where
  const most = Math.max(...points.map(([, value]) => value), Number.MIN_VALUE)
  const left = 70
  const right = width - 30
  const path = points
    .map(([second, value]) => {
      const x = left + (second / lastSecond) * (right - left)
      return `${x.toFixed(1)},${(y + plotHeight - (value / most) * plotHeight).toFixed(1)}`
    })
    .join(' ')
  return `<text x="${left}" y="${y - 6}">${escaped(what)}, ${escaped(unit)}</text>
<line x1="${left}" x2="${right}" y1="${y + plotHeight}" y2="${y + plotHeight}" stroke="#9ca3af"/>
<text x="${left - 6}" y="${y + 10}" text-anchor="end">${most.toFixed(0)}</text>
<text x="${left - 6}" y="${y + plotHeight}" text-anchor="end">0</text>
<text x="${right}" y="${y + plotHeight + 16}" text-anchor="end">${lastSecond.toFixed(0)} s</text>
<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`
}

function picture(title: string, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="8" y="18" font-weight="bold">${escaped(title)}</text>
${content}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '')
}
