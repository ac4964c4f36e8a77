// A sender that stood still between its commit and its request (a machine that slept, a process that was stopped) may
// have been taken for dead, and its payment called not charged since. Nothing has left, so it sends nothing.

/** By the monotonic clock, from before the lease was written; what is left of it must do for the call. */
export function wasHeldUp({ leaseMs }: { readonly leaseMs: number }, sinceMs: number): boolean {
  return performance.now() - sinceMs > leaseMs / 2
}
