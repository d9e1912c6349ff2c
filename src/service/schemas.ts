import * as v from 'valibot'
import { LEAST_DRIFT_EVENTS } from './known-drift.ts'

/** What the service answers, as schemas: the documentation is made from them, and the types of the answers in code. */

const share = (description: string) => v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description(description))
const count = (description: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description))
const text = (description: string) => v.pipe(v.string(), v.description(description))

export const Problem = v.pipe(
  v.object({
    type: v.literal('about:blank'),
    title: text('The status in words.'),
    status: v.pipe(v.number(), v.integer()),
    detail: text('All that is wrong, in one line.'),
    problems: v.pipe(
      v.array(
        v.object({
          field: text(
            'What is wrong: a field of the event, a parameter, a header, the body; empty for a row of a batch as a whole.',
          ),
          got: text('What it had; never a user id.'),
          wanted: text('What it should have had.'),
        }),
      ),
      v.description('What is wrong, one by one.'),
    ),
    row: v.optional(count('In a batch: which row, from 0.')),
    learnt: v.optional(count('Of POST /events: how many had been learnt by then, and are not to be sent again.')),
  }),
  v.description('RFC 9457, application/problem+json.'),
)
export type Problem = v.InferOutput<typeof Problem>

export const ModelSummary = v.object({ name: v.string(), version: v.string(), feature_set: v.string() })

const Reason = v.object({
  feature: v.string(),
  value: v.pipe(v.union([v.number(), v.string()]), v.description('What the event had.')),
  expected: v.pipe(v.union([v.number(), v.string()]), v.description('What is usual for this user.')),
  contribution: v.pipe(v.number(), v.description('How far it pushed the score; positive is stranger.')),
  text: text('For people.'),
})

export const Baseline = v.object({
  level: v.pipe(
    v.picklist(['user', 'population']),
    v.description('Whose normal it was held against: `population` for a user who is new.'),
  ),
  events: count('Events of the user known before this one.'),
})

export const Answer = v.object({
  anomaly_score: share('Isolation score, higher is stranger.'),
  is_anomaly: v.boolean(),
  threshold_percentile: share('The percentile from which on an event is an anomaly.'),
  percentile: share('Share of the training events that score lower.'),
  threshold: share('The score from which on an event of this user is an anomaly.'),
  outcome: v.pipe(v.picklist(['allow', 'flag', 'block']), v.description('What to do about it.')),
  reasons: v.pipe(
    v.array(Reason),
    v.description('Strongest first; what is no anomaly has none unless `reasons=all` asks.'),
  ),
  baseline: Baseline,
  model: ModelSummary,
  id: v.pipe(v.string(), v.uuid(), v.description('Of this decision.')),
})
export type Answer = v.InferOutput<typeof Answer>

export const Learnt = v.object({
  learnt: count('Events folded into baselines.'),
  refused: count('Rows that were not.'),
  problems: v.pipe(v.array(Problem), v.description('The first hundred of them.')),
})
export type Learnt = v.InferOutput<typeof Learnt>

export const Health = v.object({
  status: v.picklist(['ready', 'not_ready']),
  why: v.optional(text('Why not.')),
  model: ModelSummary,
  uptime_sec: v.pipe(v.number(), v.minValue(0)),
})
export type Health = v.InferOutput<typeof Health>

export const ModelCard = v.object({
  ...ModelSummary.entries,
  event_types: v.array(v.string()),
  features: v.array(
    v.object({
      feature: v.string(),
      mean: v.pipe(v.number(), v.description('In training.')),
      scale: v.number(),
      drift: v.pipe(
        v.nullable(v.number()),
        v.description(
          `Population stability index since the start, above 0.25 train again; null before ${LEAST_DRIFT_EVENTS} events.`,
        ),
      ),
    }),
  ),
  drift_events: count('Events since the start that were scored and learnt: what drift is told by.'),
  training: v.object({
    rows: v.number(),
    users: v.number(),
    from: v.nullable(v.string()),
    to: v.nullable(v.string()),
    seed: v.number(),
    contamination: v.number(),
  }),
  forest: v.object({ trees: v.number(), sample_size: v.number(), scoring: v.picklist(['depth', 'density']) }),
  threshold_percentile: share('The percentile from which on an event is an anomaly.'),
  thresholds: v.pipe(
    v.array(v.object({ percentile: v.number(), score: v.number() })),
    v.description('The scores at some percentiles.'),
  ),
})
export type ModelCard = v.InferOutput<typeof ModelCard>

export const Held = v.object({
  events: count('Events learnt.'),
  sessions: count('Sessions that ended.'),
  last_event_at: v.pipe(v.nullable(v.string()), v.description('ISO 8601; null where the events carried no time.')),
  usual: v.pipe(
    v.array(v.object({ quantity: v.string(), unit: v.string(), mean: v.number(), low: v.number(), high: v.number() })),
    v.description('How far the sessions of the user go, in general, and at most and least one spread from it.'),
  ),
  choices: v.pipe(
    v.record(v.string(), v.record(v.string(), v.number())),
    v.description('How often each hour, weekday, event type and device was seen; older ones fade.'),
  ),
  values: v.pipe(v.array(v.number()), v.description('All that is kept, number by number.')),
})
export type Held = v.InferOutput<typeof Held>
