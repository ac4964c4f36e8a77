// When an unknown payment may be called "not charged". Pure.

/**
 * PAYJOA repeats an unanswered notification every three minutes for two hours from the transaction (LINK manual).
 * Until then a charge we know nothing of may still announce itself.
 */
export const notificationWindowMs = 2 * 3_600_000

export type NotChargedRuling =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'too_early'; readonly earliestMs: number }

/**
 * An operator who has looked into the gateway's admin may say "not charged" once the notification window has
 * passed. In a sandbox no money moves, so there is nothing to wait for.
 */
export function mayConcludeNotCharged(
  payment: { readonly startedAtMs: number; readonly sandbox: boolean },
  nowMs: number,
): NotChargedRuling {
  const earliestMs = payment.startedAtMs + notificationWindowMs
  if (payment.sandbox || nowMs >= earliestMs) return { kind: 'allowed' }
  return { kind: 'too_early', earliestMs }
}
