// What commands print to a person.

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A line that is written over on a terminal; lines of their own in a log. */
export function showProgress(text: string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(stream.isTTY ? `\r\u001B[K${text}` : `${text}\n`)
}

const rowsPerLook = 20_000

/** Shows on standard error how far each table is; in a log, only its end. */
export function tableProgress(
  verb: string,
): (table: string, rows: number, isDone: boolean) => void {
  const { stderr } = process
  let shown = 0
  return (table, rows, isDone) => {
    const isDue = stderr.isTTY && Math.abs(rows - shown) >= rowsPerLook
    if (!isDone && !isDue) return
    shown = rows
    showProgress(`  ${verb}${table}: ${countOf(rows, 'row')}`, stderr)
    if (isDone && stderr.isTTY) stderr.write('\n')
  }
}

/** `1 row`, `2 rows`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** Rows under a heading, columns aligned. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => widthOf(row[column] ?? ''))),
  )
  for (const row of all) {
    print(
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** Leaves the line that was written over. */
export function endProgress(): void {
  if (process.stdout.isTTY) print('')
}

// Hangul takes two columns of a terminal.
function widthOf(text: string): number {
  let width = 0
  for (const character of text)
    width += /[\u1100-\u11ff\u3000-\u9fff\uac00-\ud7a3\uff00-\uffe6]/.test(character) ? 2 : 1
  return width
}

/** An instant in Korean time, to the second. */
export function inKorea(instantMs: number): string {
  return new Date(instantMs + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}

/** All of standard input, for secrets that must not stand in an argument. */
export async function readStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk)
  return text
}
