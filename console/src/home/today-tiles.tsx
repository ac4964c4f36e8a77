// Today in four numbers; each leads to the payments it counts.

import { Link } from '@tanstack/react-router'

import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { PaymentSearch } from '../payments/payment-search.ts'
import classes from './home.module.css'
import { homeWords } from './home-words.ts'
import type { Overview } from './overview-query.ts'

export function TodayTiles({ today }: { readonly today: Overview['today'] }) {
  const words = useWords(homeWords)
  const { won, count } = useFormats()
  const ofToday = { from: today.day, to: today.day }
  const tiles: readonly {
    name: 'approved' | 'failed' | 'unknown' | 'refunded'
    search: PaymentSearch
  }[] = [
    { name: 'approved', search: { ...ofToday, state: 'paid' } },
    { name: 'failed', search: { ...ofToday, state: 'failed' } },
    { name: 'unknown', search: { ...ofToday, state: 'unknown' } },
    { name: 'refunded', search: { ...ofToday, state: 'cancelled' } },
  ]
  return (
    <section aria-label={words.today(today.day)}>
      <h2 className={classes['today']}>{words.today(today.day)}</h2>
      <ul className={classes['tiles']}>
        {tiles.map(({ name, search }) => (
          <li key={name}>
            <Link to="/payments" search={search} className={classes['tile'] ?? ''} data-name={name}>
              <span className={classes['tileName']}>{words[name]}</span>
              <span className={classes['tileAmount']}>{won(today[name].amountWon)}</span>
              <span className={classes['tileCount']}>
                {words.payments(count(today[name].count))}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
