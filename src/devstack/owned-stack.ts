import type { KeeperClient, KeeperClientOptions } from './keeper-client.ts'
import { startKeeper } from './keeper-client.ts'

const maxKeepers = 5

export interface OwnedStack {
  kafkaReady: Promise<boolean>
  stop(): Promise<void>
}

/**
 * Watches over the keeper that we are attached to. A keeper that is killed leaves the stores running without an owner:
 * the next one, started here, takes them over without an interruption.
 */
export function ownStack(first: KeeperClient, options: KeeperClientOptions): OwnedStack {
  const kafkaReady = Promise.withResolvers<boolean>()
  let current = first
  let isStopping = false

  const watch = async (): Promise<void> => {
    for (let keepers = 1; ; keepers++) {
      const keeper = current
      void keeper.kafkaReady.then((ready) => {
        // False may only mean that this keeper is gone; a later one may still bring Kafka up.
        if (ready || keeper === current) kafkaReady.resolve(ready)
        if (!isStopping) keeper.unref()
      })
      const exit = await keeper.exited
      if (isStopping) return
      if (keepers >= maxKeepers) {
        options.report(
          `the stores' keeper ended ${keepers} times; nobody will restart or stop the stores now`,
        )
        return
      }
      options.report(`the stores' keeper ended unexpectedly (${exit.signal ?? exit.code}); starting another`)
      current = startKeeper(options)
    }
  }
  const watching = watch()
  return {
    kafkaReady: kafkaReady.promise,
    stop: async () => {
      isStopping = true
      kafkaReady.resolve(false)
      await current.letGo()
      await watching
    },
  }
}
