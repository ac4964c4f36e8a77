// Waits for the signal to stop. A second one ends the process at once.

/** Resolves on SIGINT, SIGTERM or SIGHUP, with its name. */
export function onStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // 130: what a shell shows for a program ended by Ctrl-C.
        if (isAsked) process.exit(130)
        isAsked = true
        resolve(signal)
      })
    }
  })
}
