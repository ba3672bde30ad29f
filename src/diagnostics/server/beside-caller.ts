import { type BesideAnswering, startBeside } from '../beside/answering.ts'
import type { BesideSide } from '../beside/side.ts'
import { limits } from '../limits.ts'
import { type Caller, makeCaller } from '../link/caller.ts'
import { type MeetingPlace, notHere, openMeetingPlace } from '../link/meeting-place.ts'
import type { Meeting, Told } from '../link/protocol.ts'

/** Asks the threads beside main threads: this one for process 0, those beside workers by the meeting place, opened for the first of them. */
export function makeBesideCaller(
  side: BesideSide,
  announce: (meeting: Meeting) => void,
  onTold: (told: Told) => void,
) {
  let opening: Promise<void> | null = null
  let place: MeetingPlace | null = null
  const caller: Caller = makeCaller((message) => {
    if (message.process === 0) void own.receive(message)
    else if (place) place.post(message)
    else if (message.kind === 'call') throw notHere(message.process)
  }, limits)
  const own: BesideAnswering = startBeside(side, caller.receive)

  async function open(): Promise<void> {
    try {
      place = await openMeetingPlace((message) =>
        message.kind === 'told' ? onTold(message) : caller.receive(message),
      )
      announce(place.meeting)
    } catch (error) {
      side.log('warn', { why: String(error) }, 'threads beside workers cannot be reached')
    }
  }

  return {
    caller,
    /** Workers have joined. */
    open(): void {
      opening ??= open()
    },
    async stop(): Promise<void> {
      await opening
      place?.close()
      await own.stop()
    },
  }
}
