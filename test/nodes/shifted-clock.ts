// Loaded into a node before billkey (`node --import`): its machine's clock is wrong by so many milliseconds.

const aheadMs = Number(process.env['CLOCK_AHEAD_MS'])
const realNow = Date.now.bind(Date)

Date.now = () => realNow() + aheadMs
