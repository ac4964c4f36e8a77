// What an operator may do. Each role includes those after it.

/**
 * `owner`: also settings, channels, keys, operators and secrets. `operator`: also money and deliveries: cancels,
 * verdicts, schedules, replays. `viewer`: looks.
 */
export const operatorRoles = ['owner', 'operator', 'viewer'] as const
export type OperatorRole = (typeof operatorRoles)[number]

/** True where `role` may do what asks for `least`. */
export function mayActAs(role: OperatorRole, least: OperatorRole): boolean {
  return operatorRoles.indexOf(role) <= operatorRoles.indexOf(least)
}
