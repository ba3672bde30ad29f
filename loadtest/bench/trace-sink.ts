/** Takes traces as a collector does and throws them away: `node trace-sink.ts PORT`. A process of its own, so that its CPU is not the service's. */
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end('alive')
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  request.resume()
})
server.listen(Number(process.argv[2]), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
