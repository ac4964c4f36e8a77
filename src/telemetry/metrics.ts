// Counters, gauges and histograms in Prometheus's text format. What is measured is a list of definitions that is
// handed in: this file knows none of them.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface MetricDefinition {
  /** With its unit last: `_seconds`, `_total`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly meaning: string
  /** What an operator sees when all is well. */
  readonly normal: string
  /** Each takes few values, known beforehand: every combination is a series of its own. */
  readonly labels: readonly string[]
  /** Upper bounds, of a histogram only. */
  readonly buckets?: readonly number[]
}

export type Labels = Readonly<Record<string, string | number>>

/** Names are checked by the type: there is no series without a definition, which is what the documents list. */
export interface Metrics<Name extends string = string> {
  /** Adds to a counter. */
  count(name: Name, labels?: Labels, by?: number): void
  /** Sets a gauge. */
  set(name: Name, value: number, labels?: Labels): void
  /** Puts a value into a histogram. */
  observe(name: Name, value: number, labels?: Labels): void
  /** Forgets all series of a gauge: what is not known is not shown. */
  clear(name: Name): void
  /** Called before each scrape; must not wait for anything. */
  beforeScrape(refresh: () => void): void
  readonly contentType: string
  render(): Promise<string>
}

export function createMetrics<const Definitions extends readonly MetricDefinition[]>(
  definitions: Definitions,
): Metrics<Definitions[number]['name']> {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const refreshes: (() => void)[] = []
  for (const { name, kind, meaning: help, labels, buckets } of definitions) {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'counter') counters.set(name, new Counter(options))
    else if (kind === 'gauge') gauges.set(name, new Gauge(options))
    else histograms.set(name, new Histogram({ ...options, buckets: [...(buckets ?? [])] }))
  }
  return {
    count(name, labels = {}, by = 1) {
      counters.get(name)?.inc(labels, by)
    },
    set(name, value, labels = {}) {
      gauges.get(name)?.set(labels, value)
    },
    observe(name, value, labels = {}) {
      histograms.get(name)?.observe(labels, value)
    },
    clear(name) {
      gauges.get(name)?.reset()
    },
    beforeScrape(refresh) {
      refreshes.push(refresh)
    },
    contentType: registry.contentType,
    async render() {
      for (const refresh of refreshes) refresh()
      return registry.metrics()
    },
  }
}

/** Lets so many values through as they are; later ones become `other`, so that a stranger cannot make series. */
export function createBoundedLabel(valuesMax: number): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= valuesMax) return 'other'
    known.add(value)
    return value
  }
}
