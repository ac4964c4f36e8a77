// What generators write Markdown with.

/** A table; pipes and line breaks in cells are made harmless. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heading), `|${heading.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ')
}

/** Says on top that editing by hand is in vain. */
export function generatedBy(tool: string): string {
  return `<!-- Written by tools/${tool}. Change that and run: npm exec -- node tools/regenerate.ts -->`
}
