import { identify, isSameProcess } from './identity.ts'
import { endLeftOver, livingStores } from './left-over.ts'
import type { KeeperMessage } from './message.ts'
import { pickPort } from './port.ts'
import { withProgress } from './progress.ts'
import type { KeeperRecord, StackRecord, StoreName, StoreState } from './record.ts'
import { readRecord, writeRecord } from './record.ts'
import type { Server } from './server.ts'
import type { StorePlan } from './store-plan.ts'
import { kafkaObstacle, storePlan } from './store-plan.ts'
import type { Supervised } from './supervise.ts'
import { supervise } from './supervise.ts'

export interface KeptStoresOptions {
  dataDir: string
  toolsDir: string
  want: readonly StoreName[]
  env: NodeJS.ProcessEnv
  keeper: KeeperRecord
  send: (message: KeeperMessage) => void
}

/** The stores of one keeper: started together, written down in stack.json at every change, stopped together. */
export class KeptStores {
  readonly #options: KeptStoresOptions
  readonly #record: StackRecord
  readonly #supervised: Supervised[] = []
  #isStopping = false

  constructor(options: KeptStoresOptions) {
    this.#options = options
    this.#record = { ...readRecord(options.dataDir), keeper: options.keeper }
    this.#write()
  }

  /** Resolves when Redis and PostgreSQL answer; Kafka goes on starting. Throws when one of the two does not start. */
  async start(): Promise<undefined> {
    const { want, send } = this.#options
    const report = (text: string): void => send({ kind: 'line', text })
    const plans = want.map((name) => storePlan(name, { ...this.#options, report }))
    const urls: Partial<Record<StoreName, string>> = {}
    const waits: Promise<unknown>[] = []
    await this.#endUnwanted()
    for (const plan of plans) {
      const obstacle = plan.name === 'kafka' ? await kafkaObstacle({ ...this.#options, report }) : undefined
      if (obstacle !== undefined) {
        report(`Kafka is not available: ${obstacle}`)
        this.#setState('kafka', 'unavailable')
        send({ kind: 'kafka', ready: false })
        continue
      }
      // One after the other: the choice of one port is recorded before the next is made.
      const port = await this.#choosePort(plan)
      urls[plan.name] = plan.url(port)
      if (this.#isStopping) return undefined
      const supervised = this.#supervise(plan, port, report)
      this.#supervised.push(supervised)
      const ready = withProgress(report, `starting ${plan.title}`, supervised.ready)
      if (plan.name === 'kafka') {
        void ready.then(
          () => send({ kind: 'kafka', ready: true }),
          () => send({ kind: 'kafka', ready: false }),
        )
      } else {
        waits.push(ready)
      }
    }
    await Promise.all(waits)
    if (this.#isStopping) return undefined
    this.#options.keeper.state = 'running'
    this.#write()
    send({ kind: 'ready', urls })
    return undefined
  }

  /** Stops every store by its rule, and leaves a record of ports only. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#options.keeper.state = 'stopping'
    this.#write()
    await Promise.all(this.#supervised.map((supervised) => supervised.stop()))
    delete this.#record.keeper
    this.#write()
  }

  /** A store that a dead keeper left running and that nobody wants this time would outlive us: it is ended. */
  async #endUnwanted(): Promise<void> {
    const unwanted = livingStores(this.#record).filter((name) => !this.#options.want.includes(name))
    await Promise.all(unwanted.map((name) => endLeftOver(this.#record, name)))
    for (const name of unwanted) this.#setState(name, 'stopped')
  }

  async #choosePort(plan: StorePlan): Promise<number> {
    const recorded = this.#record.stores[plan.name]
    const isStillOurs = recorded?.process !== undefined && isSameProcess(recorded.process)
    const port =
      isStillOurs && recorded
        ? recorded.port
        : await pickPort([recorded?.port || undefined, plan.preferredPort])
    this.#record.stores[plan.name] = {
      port,
      state: 'starting',
      process: recorded?.process,
    }
    this.#write()
    return port
  }

  #supervise(plan: StorePlan, port: number, report: (line: string) => void): Supervised {
    const setPid = (state: StoreState, pid: number): void => {
      // PostgreSQL's command line names the directory also while it still becomes another user.
      this.#setState(plan.name, state, pid, plan.dir)
    }
    return supervise({
      name: plan.title,
      report,
      adopt: () => this.#adopt(plan, port),
      launch: (signal) => plan.launch(port, signal, (pid) => setPid('starting', pid)),
      onState: (state, server?: Server) => {
        if (server) setPid(state, server.pid)
        else this.#setState(plan.name, state)
      },
    })
  }

  async #adopt(plan: StorePlan, port: number): Promise<Server | undefined> {
    const identity = this.#record.stores[plan.name]?.process
    if (!identity || !isSameProcess(identity)) return undefined
    const server = await plan.adopt(port, identity).catch(() => undefined)
    if (!server) await endLeftOver(this.#record, plan.name)
    return server
  }

  #setState(name: StoreName, state: StoreState, pid?: number, commandPart = ''): void {
    const store = this.#record.stores[name] ?? { port: 0, state }
    const isGone =
      state === 'stopped' || state === 'restarting' || state === 'failed' || state === 'unavailable'
    const process = pid === undefined ? (isGone ? undefined : store.process) : identify(pid, commandPart)
    this.#record.stores[name] = { port: store.port, state, process }
    this.#write()
  }

  /** Never throws: a data directory that somebody removed must not keep us from stopping what we started. */
  #write(): void {
    try {
      writeRecord(this.#options.dataDir, this.#record)
    } catch (error) {
      process.stderr.write(`stack.json cannot be written: ${error}\n`)
    }
  }
}
