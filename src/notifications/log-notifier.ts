import type { Notice, Notifier } from './notifier.ts'

/** Where notices are written: one line each for who looks closely, and one line now and then for everybody. */
export interface NoticeLog {
  notice(notice: Notice): void
  summary(counts: Readonly<Record<Notice['kind'], number>>): void
}

const SUMMARY_INTERVAL_MS = 10_000

/** Writes notices to a log instead of sending them. Under load the summaries are all that the usual level shows. */
export function makeLogNotifier(log: NoticeLog, nowMs: () => number): Notifier {
  let counts = { confirmed: 0, refunded: 0 }
  let nextSummaryMs = 0
  return {
    async tell(notice) {
      log.notice(notice)
      counts[notice.kind]++
      if (nowMs() < nextSummaryMs) return
      nextSummaryMs = nowMs() + SUMMARY_INTERVAL_MS
      log.summary(counts)
      counts = { confirmed: 0, refunded: 0 }
    },
  }
}
