/** What is asked of the API while it is profiled. */
import { openSale, writeReserveFiles } from '../bench/sale.ts'
import type { Stage } from '../bench/stage.ts'

export interface ProfileScenario {
  name: string
  summary: string
  /** Whether its requests are to succeed. */
  succeeds: boolean
  /** @returns the arguments of loadtest/wrk/reserve.lua */
  prepare(stage: Stage): Promise<string[]>
}

/** So many that nobody asks more often than the limit of one person allows. */
const USERS = 20_000
const ZONES = 4

export const profileScenarios: readonly ProfileScenario[] = [
  {
    name: 'sustained',
    summary: 'reservations, each of which gets its seat',
    succeeds: true,
    prepare: async (stage) => writeReserveFiles(stage, await openSale(stage, ZONES), USERS),
  },
  {
    name: 'soldout',
    summary: 'reservations, each of which is refused: there are no seats',
    succeeds: false,
    prepare: async (stage) =>
      writeReserveFiles(stage, await openSale(stage, ZONES, { seatsPerZone: 0 }), USERS),
  },
]
