import { Unavailable } from '../pipeline/unavailable.ts'

/** A Redis that restarted, was promoted, or lost keys: nothing is sold from it before the reconciler rebuilt it. */
export class Unreconciled extends Unavailable {
  constructor(why: string, cause?: unknown) {
    super(`redis (not reconciled: ${why})`, cause === undefined ? {} : { cause })
  }
}
