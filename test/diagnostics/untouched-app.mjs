// A service that knows nothing of diagnostics.
import { createServer } from 'node:http'

createServer((_request, response) => response.end('hello\n')).listen(0, '127.0.0.1')
