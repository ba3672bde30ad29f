import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeArtifacts } from '../artifacts/store.ts'
import { makeRecorder } from '../flight/recorder.ts'
import { limits } from '../limits.ts'
import { makeCaller } from '../link/caller.ts'
import type { FromThread, Told, ToThread } from '../link/protocol.ts'
import { makeRuleBook } from '../rules/book.ts'
import type { ServerData } from '../thread-config.ts'
import { startServerBackground } from './background.ts'
import { makeBesideCaller } from './beside-caller.ts'
import { makeServer } from './http.ts'
import { makeServerSide } from './make-side.ts'
import { makeOwnSeries } from './own-series.ts'
import { makeRoutes } from './routes.ts'
import type { ServerSide } from './side.ts'
import { makeSnapshots } from './snapshots.ts'

/** Serves until it is told to stop; then nothing keeps the thread, and it ends. */
export async function serve({ config, port, shared }: ServerData): Promise<void> {
  const post = (message: FromThread) => port.postMessage(message)
  let members: readonly number[] = [0]
  const log: ServerSide['log'] = (level, fields, message) => post({ kind: 'log', level, fields, message })
  const caller = makeCaller(post, limits)
  const recorder = makeRecorder()
  const onTold = ({ process, news }: Told) => recorder.receive(process, news)
  const own = { number: 0, shared, artifactsDir: config.artifactsDir, log }
  const beside = makeBesideCaller(own, post, onTold)
  const side = makeServerSide({
    config,
    caller,
    beside: beside.caller,
    members: () => members,
    series: makeOwnSeries(),
    artifacts: config.artifactsDir
      ? makeArtifacts({ dir: config.artifactsDir, bounds: limits.artifacts })
      : null,
    recorder,
    rules: config.continuous ? makeRuleBook(config.rules, config.artifactsDir) : null,
    log,
  })
  const snapshots = makeSnapshots(side)
  const server = makeServer(side, makeRoutes(snapshots))
  const stopBackground = startServerBackground(side)

  const left = (process: number) => {
    caller.left(process)
    beside.caller.left(process)
  }
  async function close(): Promise<void> {
    snapshots.stop()
    await Promise.allSettled([stopBackground(), beside.stop()])
    port.close()
  }

  const onMessage = (message: ToThread): void => {
    switch (message.kind) {
      case 'reply':
        caller.receive(message)
        return
      case 'told':
        onTold(message)
        return
      case 'members': {
        const before = members
        members = message.processes
        for (const process of before) if (!members.includes(process)) left(process)
        if (members.length > 1) beside.open()
        for (const process of members) if (!before.includes(process)) void snapshots.prepare(process)
        return
      }
      case 'stop':
        server.close()
        server.closeAllConnections()
        void close()
        return
      default:
        message satisfies never
    }
  }
  port.on('message', onMessage)
  try {
    await listen(server, config.host, config.port)
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    post({ kind: 'start_failed', message, code })
    return close()
  }
  server.on('error', (error) => side.log('warn', { why: error.message }, 'diagnostics server'))
  post({ kind: 'listening', port: (server.address() as AddressInfo).port })
  void snapshots.prepare(0)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
