// Reading what an address holds: it may have been typed by hand or be of an older version, so what cannot be used is
// left out instead of failing.

export type RawSearch = Readonly<Record<string, unknown>>

export function textIn(search: RawSearch, name: string): string | undefined {
  const value = search[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
}

export function choiceIn<Choice extends string>(
  search: RawSearch,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  return choices.find((choice) => choice === search[name])
}

export function wonIn(search: RawSearch, name: string): number | undefined {
  const value = Number(search[name] ?? Number.NaN)
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

export function dayIn(search: RawSearch, name: string): string | undefined {
  const value = search[name]
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined
  return Number.isNaN(Date.parse(value)) ? undefined : value
}

/** Without what is undefined, so that an address shows only what is set. */
export function present<Search extends object>(search: {
  readonly [Key in keyof Search]: Search[Key] | undefined
}): Search {
  return Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined && value !== ''),
  ) as Search
}
