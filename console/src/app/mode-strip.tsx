// Says on every page when no real money moves, and when the merchant's clock stands still.

import { useSession } from '../api/session.ts'
import { koreanMinute } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import classes from './frame.module.css'
import { frameWords } from './frame-words.ts'

export function ModeStrip() {
  const words = useWords(frameWords)
  const { mode, clock } = useSession()
  if (mode === 'live') return null
  const [name, hint] = {
    sandbox: [words.testMode, words.testModeHint],
    both: [words.liveAndTest, words.liveAndTestHint],
    none: [words.noChannel, words.noChannelHint],
  }[mode]
  return (
    <aside className={classes['mode']} aria-label={name}>
      <span className={classes['modeName']}>{name}</span>
      <span>{hint}</span>
      {clock.isFrozen && (
        <span className="numeric">{words.clockStopped(`${koreanMinute(clock.now)} KST`)}</span>
      )}
    </aside>
  )
}
