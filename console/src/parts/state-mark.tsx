import classes from './state-mark.module.css'

export type Tone = 'good' | 'bad' | 'warn' | 'calm' | 'quiet'

/** A state: a dot of its colour and its name; the colour alone says nothing. */
export function StateMark({ tone, label }: { readonly tone: Tone; readonly label: string }) {
  return (
    <span className={classes['mark']} data-tone={tone}>
      {label}
    </span>
  )
}

/** A small word in a frame: `Test`, `Default`. */
export function Tag({ label, tone = 'quiet' }: { readonly label: string; readonly tone?: Tone }) {
  return (
    <span className={classes['tag']} data-tone={tone}>
      {label}
    </span>
  )
}
