// The way to every page. A page that has no link here is reached from another one.

import {
  AlertIcon,
  CalendarIcon,
  ClockIcon,
  CodeIcon,
  CreditCardIcon,
  GearIcon,
  HomeIcon,
  type Icon,
  KeyIcon,
  PeopleIcon,
  PlugIcon,
  ShieldCheckIcon,
  WebhookIcon,
} from '@primer/octicons-react'
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
    {
      label: words.build,
      places: [
        { to: '/channels', label: words.channels, icon: PlugIcon },
        { to: '/webhooks', label: words.webhooks, icon: WebhookIcon },
        { to: '/developers', label: words.developers, icon: CodeIcon },
        { to: '/clock', label: words.sandboxClock, icon: ClockIcon },
      ],
    },
    {
      label: words.oversee,
      places: [
        { to: '/discrepancies', label: words.discrepancies, icon: AlertIcon },
        { to: '/audit', label: words.audit, icon: ShieldCheckIcon },
        { to: '/operators', label: words.operators, icon: PeopleIcon },
        { to: '/settings', label: words.settings, icon: GearIcon },
      ],
    },
  ]
}
