import { useWords } from '../language/language.tsx'
import { StateMark, type Tone } from '../parts/state-mark.tsx'
import type { ScheduleStateName } from './schedule-search.ts'
import { scheduleWords } from './schedule-words.ts'

export const scheduleTones: Readonly<Record<ScheduleStateName, Tone>> = {
  scheduled: 'calm',
  executing: 'warn',
  paid: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  revoked: 'quiet',
}

export function ScheduleState({ state }: { readonly state: ScheduleStateName }) {
  const words = useWords(scheduleWords)
  return <StateMark tone={scheduleTones[state]} label={words.states[state]} />
}
