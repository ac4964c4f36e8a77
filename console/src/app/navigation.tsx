// The way to every page. A page that has no link here is reached from another one.

import { CalendarIcon, CreditCardIcon, HomeIcon, type Icon, KeyIcon } from '@primer/octicons-react'
import { Link, type LinkProps } from '@tanstack/react-router'

import { useWords } from '../language/language.tsx'
import { frameWords } from './frame-words.ts'
import classes from './frame.module.css'

interface Place {
  readonly to: NonNullable<LinkProps['to']>
  readonly label: string
  readonly icon: Icon
}

export function Navigation({ onLeave }: { readonly onLeave: () => void }) {
  const groups = usePlaces()
  return (
    <div className={classes['navigation']}>
      {groups.map(({ label, places }) => (
        <section key={label ?? 'home'} aria-label={label}>
          {label !== undefined && (
            <p className={classes['group']} aria-hidden="true">
              {label}
            </p>
          )}
          <ul className={classes['places']}>
            {places.map(({ to, label: name, icon: PlaceIcon }) => (
              <li key={to}>
                <Link
                  to={to}
                  className={classes['place'] ?? ''}
                  activeOptions={{ exact: to === '/', includeSearch: false }}
                  activeProps={{ 'aria-current': 'page' }}
                  onClick={onLeave}
                >
                  <PlaceIcon size={16} />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

function usePlaces(): readonly { label?: string; places: readonly Place[] }[] {
  const words = useWords(frameWords)
  return [
    { places: [{ to: '/', label: words.home, icon: HomeIcon }] },
    {
      label: words.sell,
      places: [
        { to: '/payments', label: words.payments, icon: CreditCardIcon },
        { to: '/billing-keys', label: words.billingKeys, icon: KeyIcon },
        { to: '/schedules', label: words.schedules, icon: CalendarIcon },
      ],
    },
  ]
}
