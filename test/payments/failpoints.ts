/** Every call of every port, counted: a test says before or after which of them the process dies, or loses the answer. */
import type { Core } from '../../src/compose/booking.ts'
import type { PaymentPorts } from '../../src/compose/payments.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'

/** `dies`: this call, and every one after it, fails. `loses`: only this one, and the work goes on with what it knows. */
export interface Failpoint {
  call: number
  when: 'before' | 'after'
  how: 'dies' | 'loses'
}

export function makeFailpoints() {
  let calls: string[] = []
  let armed: Failpoint | null = null
  let dead = false

  async function through<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (dead) throw new Unavailable('a process that died')
    calls.push(name)
    const hit = armed !== null && calls.length === armed.call
    if (hit && armed?.when === 'before') fail()
    const result = await work()
    // Another call may have killed the process meanwhile.
    if (dead || (hit && armed?.when === 'after')) fail()
    return result
  }

  function fail(): never {
    dead ||= armed?.how === 'dies'
    throw new Unavailable('a store (the test broke it)')
  }

  function wrap<P extends object>(port: string, methods: P): P {
    return Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        (...args: unknown[]) => through(`${port}.${name}`, () => method(...args)),
      ]),
    ) as P
  }

  return {
    wrap: (core: Core): Core => ({
      ...core,
      holds: wrap('holds', core.holds),
      ledger: wrap('ledger', core.ledger),
      settlement: wrap('settlement', core.settlement),
    }),
    wrapPayments: (ports: PaymentPorts): PaymentPorts => ({
      payments: wrap('payments', ports.payments),
      provider: wrap('provider', ports.provider),
    }),
    /** Runs `work` with a failpoint, or with none, and heals. @returns the calls that it made, in order */
    async during(failpoint: Failpoint | null, work: () => Promise<unknown>): Promise<string[]> {
      calls = []
      armed = failpoint
      try {
        await work()
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
      } finally {
        armed = null
        dead = false
      }
      return calls
    },
  }
}
