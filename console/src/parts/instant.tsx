import { koreanMinute } from '../language/formats.ts'
import classes from './instant.module.css'

/** An instant in a table, in Korea, to the minute; where there is little room, without its year. */
export function Instant({ at }: { readonly at: string | null }) {
  if (at === null) return null
  const text = koreanMinute(at)
  return (
    <time dateTime={at} className="numeric">
      <span className={classes['year']}>{text.slice(0, 5)}</span>
      {text.slice(5)}
    </time>
  )
}
