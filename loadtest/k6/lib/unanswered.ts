/**
 * What may have been done although nobody was told: the audit finds between what was acknowledged and that and these. A refusal for too
 * much to do is none: it comes before anything is looked at.
 */
import type { RefinedResponse, ResponseType } from 'k6/http'
import { Counter } from 'k6/metrics'

export type Kind = 'reserve' | 'confirm' | 'cancel'

const unanswered: Record<Kind, Counter> = {
  reserve: new Counter('unanswered_reserve'),
  confirm: new Counter('unanswered_confirm'),
  cancel: new Counter('unanswered_cancel'),
}

export function mayBeDone<T extends RefinedResponse<ResponseType | undefined>>(kind: Kind, answer: T): T {
  const { status, body } = answer
  if (status === 0 || (status >= 500 && !`${body}`.includes('"OVERLOADED"'))) unanswered[kind].add(1)
  return answer
}
