/** Whether people got their passes in the order in which they had joined, and as many a second as was set. */

const PASS_LINE = /PASS ([\w-]+\.[\w-]+\.[\w-]+) (\S+?)(?:"|\s|$)/g
/** Of the queue's promise. */
const RATE_TOLERANCE = 0.01
/** The release runs in ticks of 100 ms: people of one tick have one time. */
const TICK_SECONDS = 0.1

export interface PassOrder {
  passes: number
  /** While nothing kept people from being let in. */
  perSecond: number
  /** How long nobody was let in. */
  stoodStillSeconds: number
  faults: string[]
}

/** Two people who are let in further apart had a pause between them. */
const PAUSE_MS = 1000

/**
 * @param log lines `PASS <pass> <when it expires>`: a pass lives equally long for everybody, so that says when it was given
 * @param expected with how long at most each pause was that the service told of: see `pausesOf`
 */
export function passOrder(
  log: string,
  expected: { people: number; ratePerSecond: number; toldPauses: readonly number[] },
): PassOrder {
  const passes = [...log.matchAll(PASS_LINE)]
    .map(([, pass = '', expires = '']) => ({ place: placeOf(pass), atMs: Date.parse(expires) }))
    .toSorted((a, b) => a.place - b.place)
  const faults: string[] = []
  if (passes.length !== expected.people) faults.push(`${passes.length} of ${expected.people} got a pass`)
  const early = passes.filter(({ atMs }, index) => index > 0 && atMs < (passes[index - 1]?.atMs ?? 0))
  if (early.length > 0) faults.push(`${early.length} got their pass before somebody who had joined earlier`)
  const pauses = passes
    .map(({ atMs }, index) => (index > 0 ? atMs - (passes[index - 1]?.atMs ?? 0) : 0))
    .filter((ms) => ms > PAUSE_MS)
    .toSorted((a, b) => b - a)
  const told = expected.toldPauses.toSorted((a, b) => b - a)
  for (const [index, ms] of pauses.entries()) {
    // People are let in at ticks: of the one before a pause, and of the one behind it.
    if (ms / 1000 > (told[index] ?? 0) + 2 * TICK_SECONDS)
      faults.push(
        `nobody was let in for ${(ms / 1000).toFixed(1)} s, and the service told of ${told[index]?.toFixed(1) ?? 0} s`,
      )
  }
  const stoodStillSeconds = pauses.reduce((sum, ms) => sum + ms, 0) / 1000
  const lastedSeconds = ((passes.at(-1)?.atMs ?? 0) - (passes[0]?.atMs ?? 0)) / 1000
  const seconds = lastedSeconds - stoodStillSeconds
  const perSecond = seconds > 0 ? (passes.length - 1) / seconds : 0
  const slack =
    expected.ratePerSecond * RATE_TOLERANCE + (expected.ratePerSecond * TICK_SECONDS) / (seconds || 1)
  if (seconds > 5 && Math.abs(perSecond - expected.ratePerSecond) > slack)
    faults.push(`${perSecond.toFixed(1)} a second were let in, not ${expected.ratePerSecond}`)
  return { passes: passes.length, perSecond, stoodStillSeconds, faults }
}

function placeOf(pass: string): number {
  const claims = JSON.parse(Buffer.from(pass.split('.')[1] ?? '', 'base64url').toString()) as {
    pass?: string
  }
  return Number.parseInt(claims.pass ?? '', 10)
}
