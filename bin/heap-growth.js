// V8 lets a heap grow to several times what is alive before it looks for garbage, the more so the more memory a machine
// has. A server that shares its machine with PostgreSQL is better off with less: the heap grows by four tenths over what was
// alive. There is no hard limit besides V8's own, so nothing ends a process that needs more for once. Room for what was
// just made can only be set before a process starts: NODE_OPTIONS in docs/operate/production.md.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--heap-growing-percent=40')
