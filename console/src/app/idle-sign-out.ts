// Pages that refresh themselves keep a session alive for the server, so idleness is noticed here: when no key, pointer
// or wheel moved for as long as the server lets a session be idle, the operator is signed out and nothing stays on the
// screen. Tabs of one browser tell each other of activity.

import { useEffect } from 'react'

import type { Session } from '../api/client.ts'
import { useSignOut } from '../api/sign-out.ts'

const checkEveryMs = 15_000
const storageKey = 'billkey.lastActiveAt'

export function useIdleSignOut(session: Session | null, onIdle: () => void): void {
  const signOut = useSignOut()
  const operatorId = session?.operator.operatorId ?? null
  const limitMs = session === null ? 0 : idleLimitMs(session)
  useEffect(() => {
    if (operatorId === null) return undefined
    const listening = new AbortController()
    const markActive = () => localStorage.setItem(storageKey, String(Date.now()))
    markActive()
    for (const name of ['pointerdown', 'keydown', 'wheel', 'focus'] as const) {
      window.addEventListener(name, markActive, { signal: listening.signal, passive: true })
    }
    const timer = setInterval(() => {
      if (Date.now() - Number(localStorage.getItem(storageKey)) < limitMs) return
      onIdle()
      signOut()
    }, checkEveryMs)
    return () => {
      clearInterval(timer)
      listening.abort()
    }
    // The session is renewed all the time; only another operator begins anew.
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- onIdle and signOut are new functions each time
  }, [operatorId])
  return undefined
}

/** Both instants are the server's, so its clock may differ from the browser's. */
function idleLimitMs({ idleExpiresAt, clock }: Session): number {
  const fromServer = clock.isFrozen ? NaN : Date.parse(idleExpiresAt) - Date.parse(clock.now)
  return fromServer > 0 ? fromServer : 30 * 60_000
}
