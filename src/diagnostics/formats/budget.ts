import { limits } from '../limits.ts'
import { Refusal } from '../refusal.ts'

/** Memory that making one form of a profile may take yet. */
export interface Budget {
  /** @throws Refusal profile_too_large (413), before the memory is taken */
  spend(bytes: number): void
}

/** Of each character: of a text and one copy of it; in JSON, where one may be six. */
export const CHARACTER_BYTES = 4
export const JSON_CHARACTER_BYTES = 12

/**
 * A small profile may be a large picture: a location that stands for a thousand lines, in each of a thousand stacks. So whatever makes a form
 * says what it is about to take, reckoned generously.
 */
export function makeBudget(maxBytes: number = limits.formMaxBytes): Budget {
  let left = maxBytes
  return {
    spend(bytes) {
      left -= bytes
      if (left >= 0) return
      const message = `this form of the profile would take more than ${maxBytes} bytes of memory; pprof is given however large it is`
      throw new Refusal({ status: 413, code: 'profile_too_large', message })
    },
  }
}
