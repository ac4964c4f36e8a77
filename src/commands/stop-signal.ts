// Waits for the signal to stop. A second one, given while the first is obeyed, ends the process at once.

// One Ctrl-C can arrive twice: from the terminal, and passed on by npm or by the launcher in bin/.
const sameSignalMs = 1_000

/** Resolves on SIGINT, SIGTERM or SIGHUP, with its name. */
export function onStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false
    let isImpatient = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // 130: what a shell shows for a program ended by Ctrl-C.
        if (isImpatient) process.exit(130)
        if (isAsked) return
        isAsked = true
        setTimeout(() => (isImpatient = true), sameSignalMs).unref()
        resolve(signal)
      })
    }
  })
}
