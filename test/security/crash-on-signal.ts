// Loaded into a billkey process by a test: on a signal it fails as a bug would, with secrets at hand in every place where
// an error can have them.

const { CANARY = '', CRASH_AS = 'exception' } = process.env

process.on('SIGUSR2', () => {
  const cardNumber = CANARY
  const error = Object.assign(new TypeError(`cannot read '${cardNumber}' of undefined`), {
    detail: `Key (card_number)=(${cardNumber}) already exists.`,
    parameters: [cardNumber],
    request: { body: { card_number: cardNumber } },
    cause: new Error(`because of ${cardNumber}`, { cause: { cardNumber } }),
  })
  if (CRASH_AS === 'rejection') void Promise.reject(error)
  else if (CRASH_AS === 'object') void Promise.reject(new Object({ cardNumber }))
  else throw error
})
