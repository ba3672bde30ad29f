/** What the gate runs. A rate is a number, or a share of the knee that was found on this machine just before. */
import type { Shape } from '../run/scenario.ts'

export interface Step {
  scenario: string
  shape: Partial<Shape>
  /** Of the knee; never below `LEAST_RATE`. */
  ofKnee?: number
}

export const profileNames = ['ci', 'full'] as const
export type ProfileName = (typeof profileNames)[number]

/** Below this a machine is too slow for what the gate says: docs/decisions/0024-the-gate.md. */
export const LEAST_RATE = 300

export const profiles: Readonly<Record<ProfileName, readonly Step[]>> = {
  ci: [
    { scenario: 'knee', shape: {} },
    { scenario: 'sustained', shape: { seconds: 20 }, ofKnee: 0.7 },
    { scenario: 'soldout', shape: { seconds: 10 }, ofKnee: 0.35 },
    { scenario: 'herd', shape: { people: 2000 } },
    { scenario: 'dirty', shape: {} },
  ],
  full: [
    { scenario: 'smoke', shape: {} },
    { scenario: 'ramp', shape: {} },
    { scenario: 'knee', shape: { rate: 20_000, users: 1000 } },
    { scenario: 'sustained', shape: { seconds: 60 }, ofKnee: 0.7 },
    { scenario: 'stress_10k', shape: { rate: 10_000, seconds: 60 } },
    { scenario: 'soldout', shape: { rate: 10_000, seconds: 30 } },
    { scenario: 'spike', shape: { rate: 10_000 } },
    { scenario: 'herd', shape: {} },
    { scenario: 'queue', shape: {} },
    { scenario: 'dirty', shape: {} },
    { scenario: 'journey', shape: {} },
  ],
}
