import type { BehaviorEvent } from '../event.ts'
import { addressKey, userKey } from '../identity.ts'
import type { AccessRecord } from './combined.ts'
import type { RecordOptions } from './reader.ts'
import { isPaths } from './record-map.ts'
import type { EventRow } from './row.ts'

/**
 * The event of a row under the key that the same user's live requests have, so that baselines learnt from a log are
 * those that the middleware looks for: in an access log without a user, the client's address is no user's id.
 *
 * @param format of the log that the row is from
 * @param map that the log was read with
 */
export function keyedEvent(row: EventRow, format: RecordOptions['format'], map: RecordOptions['map']): BehaviorEvent {
  const { event } = row
  if (format === 'ndjson') return event // the key has been told by whatever the record says
  const key = (isAddress(row, format, map) ? addressKey(event.userId) : undefined) ?? userKey(event.userId)
  // A user id that only looks like another kind of key may be too long once it has its prefix: it stays as it is.
  return key === undefined || key === event.userId ? event : { ...event, userId: key }
}

function isAddress({ record }: EventRow, format: RecordOptions['format'], map: RecordOptions['map']): boolean {
  return (
    format === 'combined' &&
    (map === undefined || !isPaths(map) || map.user_id === undefined) &&
    (record as AccessRecord).user === null
  )
}
