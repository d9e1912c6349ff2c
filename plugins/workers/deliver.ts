import { emptyTally, type Lanes, type Tally } from '../shared/lanes.ts'
import type { Raw } from '../shared/raw.ts'
import type { Delivery } from '../sinks/contract.ts'

/** Records that are scored and handed to a sink at a time. */
const BATCH_RECORDS = 500

/**
 * Scores records and has a sink take them, as one delivery, which it ends; what they teach is learnt once they are delivered.
 *
 * @param id the same for the same records, delivered again
 * @param nowMs the time of records that tell none
 * @throws SinkError where the sink has not taken them; then they have taught nothing
 */
export async function deliver(
  lanes: Lanes,
  delivery: Delivery,
  id: string,
  raws: readonly Raw[],
  nowMs: number | undefined,
): Promise<Tally> {
  const tally = emptyTally()
  const lane = lanes.take()
  try {
    for (let at = 0; at < raws.length; at += BATCH_RECORDS) {
      const records = await lane.score(raws.slice(at, at + BATCH_RECORDS), tally, nowMs)
      await delivery.write({ id: `${id}-${at}`, records })
    }
    await delivery.close()
    await lane.commit()
    return tally
  } catch (error) {
    await delivery.abort()
    throw error
  } finally {
    lanes.give(lane)
  }
}
