// The days of a month as a table of weeks, each with what is scheduled and how it ended.

import type { paths } from '../api/contract.ts'
import { addDays, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import classes from './month-grid.module.css'
import { scheduleStates } from './schedule-search.ts'
import { scheduleTones } from './schedule-state.tsx'
import { scheduleWords } from './schedule-words.ts'

type Calendar = paths['/schedules/calendar']['get']['responses'][200]['content']['application/json']
type CalendarDay = Calendar['days'][number]
export type CalendarMeasure = 'count' | 'amountWon'

interface MonthGridProps {
  readonly month: string
  readonly days: readonly CalendarDay[]
  readonly measure: CalendarMeasure
  readonly today: string
  readonly chosen: string | null
  readonly onChoose: (day: string) => void
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export function MonthGrid(props: MonthGridProps) {
  const words = useWords(scheduleWords)
  const byDay = new Map(props.days.map((day) => [day.day, day]))
  return (
    <table className={classes['month']} aria-label={props.month}>
      <thead>
        <tr>
          {weekdays.map((weekday) => (
            <th key={weekday} scope="col">
              {words.weekdays[weekday]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(props.month).map((week) => (
          <tr key={week[0]}>
            {week.map((day) => (
              <td key={day} data-outside={!byDay.has(day)} data-chosen={day === props.chosen}>
                <DayCell {...props} day={day} tallies={byDay.get(day)} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface DayCellProps extends MonthGridProps {
  readonly day: string
  readonly tallies: CalendarDay | undefined
}

function DayCell({ day, tallies, measure, today, chosen, onChoose }: DayCellProps) {
  const words = useWords(scheduleWords)
  const { shortWon, count } = useFormats()
  if (tallies === undefined) return null
  const present = scheduleStates.filter((state) => tallies[state].count > 0)
  return (
    <button
      type="button"
      className={classes['day']}
      aria-pressed={day === chosen}
      aria-current={day === today ? 'date' : undefined}
      onClick={() => onChoose(day)}
    >
      <span className="only-read-aloud">{day}</span>
      <span className={classes['number']} aria-hidden="true">
        {Number(day.slice(8))}
      </span>
      <span className={classes['tallies']}>
        {present.map((state) => (
          <span key={state} className={classes['tally']} data-tone={scheduleTones[state]}>
            <span className={classes['state']}>{words.states[state]}</span>
            <span className={classes['value']}>
              {measure === 'count'
                ? count(tallies[state].count)
                : shortWon(tallies[state].amountWon)}
            </span>
          </span>
        ))}
      </span>
    </button>
  )
}

/** Whole weeks from Sunday on, which hold the month. */
function weeksOf(month: string): string[][] {
  const first = `${month}-01`
  const start = addDays(first, -new Date(`${first}T00:00:00Z`).getUTCDay())
  const weeks: string[][] = []
  for (let day = start; day.slice(0, 7) <= month; day = addDays(day, 7)) {
    weeks.push(weekdays.map((_, index) => addDays(day, index)))
  }
  return weeks
}
