/** What the gate runs. A rate is a number, or a share of the knee that was found on this machine just before. */
import type { Shape } from '../run/scenario.ts'

export interface Step {
  scenario: string
  shape: Partial<Shape>
  /** Of the knee; never below `LEAST_RATE`. */
  ofKnee?: number
  /** What is found here is the knee of the steps after it. */
  findsKnee?: true
}

export const profileNames = ['ci', 'full'] as const
export type ProfileName = (typeof profileNames)[number]

/** A machine that does less is too slow for what the gate says. */
export const LEAST_RATE = 1000

export const profiles: Readonly<Record<ProfileName, readonly Step[]>> = {
  ci: [
    { scenario: 'ramp', shape: { seconds: 16, users: 60 }, findsKnee: true },
    { scenario: 'sustained', shape: { seconds: 30 }, ofKnee: 0.7 },
    { scenario: 'soldout', shape: { seconds: 10 }, ofKnee: 0.7 },
    { scenario: 'herd', shape: { people: 2000 } },
    { scenario: 'dirty', shape: {} },
  ],
  full: [
    { scenario: 'smoke', shape: {} },
    { scenario: 'ramp', shape: { seconds: 60, users: 300 }, findsKnee: true },
    { scenario: 'stress_10k', shape: { rate: 10_000, seconds: 60 } },
    { scenario: 'soldout', shape: { rate: 10_000, seconds: 30 } },
    { scenario: 'spike', shape: { rate: 10_000 } },
    { scenario: 'herd', shape: {} },
    { scenario: 'queue', shape: {} },
    { scenario: 'dirty', shape: {} },
    { scenario: 'journey', shape: {} },
  ],
}
