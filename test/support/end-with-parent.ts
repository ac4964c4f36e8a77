// Loaded into every process of a run: it ends when the harness does, however that ends. Its standard input is a pipe
// whose other end only the harness holds.

import { Socket } from 'node:net'

const parent = new Socket({ fd: 0 })
parent.on('close', () => process.kill(process.pid, 'SIGKILL')).resume()
parent.unref()
