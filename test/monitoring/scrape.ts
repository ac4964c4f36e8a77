// Reads /metrics as Prometheus does: lines of its text format.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Scrape {
  readonly text: string
  readonly samples: readonly Sample[]
  /** Every metric that is described, with or without samples. */
  readonly names: ReadonlySet<string>
  /** The sum of all samples of that name that have these labels; 0 where there is none. */
  readonly sum: (name: string, labels?: Record<string, string>) => number
  /** Undefined where there is no such sample. */
  readonly value: (name: string, labels?: Record<string, string>) => number | undefined
}

export async function scrape(url: string, headers: Record<string, string> = {}): Promise<Scrape> {
  const reply = await fetch(`${url}/metrics`, { headers })
  if (reply.status !== 200) throw new Error(`/metrics answered ${reply.status}`)
  const text = await reply.text()
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readSample)
  const names = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name as string))
  const found = (name: string, labels: Record<string, string> = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
  return {
    text,
    samples,
    names,
    sum: (name, labels) => found(name, labels).reduce((sum, { value }) => sum + value, 0),
    value: (name, labels) => found(name, labels)[0]?.value,
  }
}

function readSample(line: string): Sample {
  const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label, text]) => [label, text])),
    value: Number(value),
  }
}
