// Words of the console, in both languages side by side. What one language has and the other lacks does not compile.

export type Language = 'ko' | 'en'

/** What English says decides the shape: its texts become `string`, its functions keep their parameters. */
type Shape<Words> = {
  readonly [Key in keyof Words]: Words[Key] extends string
    ? string
    : Words[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Shape<Words[Key]>
}

export type BothLanguages<Words> = Readonly<Record<Language, Words>>

/** `en` and `ko` with the same keys. A text with values in it is a function that gives the sentence. */
export function inBothLanguages<const Words>(words: {
  readonly en: Words
  readonly ko: NoInfer<Shape<Words>>
}): BothLanguages<Shape<Words>> {
  return words as BothLanguages<Shape<Words>>
}
