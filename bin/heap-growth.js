// V8 lets a heap grow to several times what is alive before it looks for garbage, the more so the more memory a machine
// has. A server that shares its machine with PostgreSQL is better off with less: the heap grows by seven tenths over what was
// alive, and what was just made lives in eight megabytes. There is no hard limit besides V8's own, so nothing ends a
// process that needs more for once.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--heap-growing-percent=70')
