import * as v from 'valibot'
import { MAX_USER_ID_LENGTH } from '../event.ts'
import { EXAMPLE_EVENT, eventSchema } from './event-schema.ts'
import type { Handlers } from './handlers.ts'
import { flag, type Route, route } from './route.ts'
import { Answer, Health, Held, Learnt, ModelCard, Problem } from './schemas.ts'

const JSON_TYPE = 'application/json'
const NDJSON_TYPE = 'application/x-ndjson'

const learn = flag(
  true,
  'Whether the baseline of the user learns the event, after it was scored; if not, no trace is left.',
)
const reasons = v.pipe(
  v.optional(v.picklist(['none', 'anomalies', 'all'], 'none, anomalies or all'), 'anomalies'),
  v.description('Which events get reasons. They take some ten times as long as the score.'),
)

const params = {
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_USER_ID_LENGTH), v.description('The user_id of events.')),
}

export interface RouteTable {
  readonly routes: readonly Route[]
  /** The schemas that the documentation names. */
  readonly named: Readonly<Record<string, v.GenericSchema>>
}

/** Every route of the API: what it takes, what it answers, who may ask, what serves it. */
export function routeTable(eventTypes: readonly string[], serve: Handlers): RouteTable {
  const Event = eventSchema(eventTypes)
  const events = {
    [JSON_TYPE]: { schema: v.array(Event), example: [EXAMPLE_EVENT] },
    [NDJSON_TYPE]: { schema: Event, example: `${JSON.stringify(EXAMPLE_EVENT)}\n` },
  }
  const AnswerOrProblem = v.union([Answer, Problem])
  const routes: readonly Route[] = [
    route({
      method: 'post',
      path: '/predict',
      id: 'predict',
      summary: 'Score one event',
      description: 'The event is scored by what was known of its user before, then learnt.',
      scope: 'predict',
      query: { learn, reasons },
      body: { description: 'The event.', content: { [JSON_TYPE]: { schema: Event, example: EXAMPLE_EVENT } } },
      responses: { 200: { description: 'How strange it is, and why.', content: { [JSON_TYPE]: { schema: Answer } } } },
      serve: serve.predict,
    }),
    route({
      method: 'post',
      path: '/predict/batch',
      id: 'predictBatch',
      summary: 'Score many events',
      description:
        'A JSON list, or one JSON object a line; gzip is accepted. Answered in kind, in order, while it arrives. A row that is no event has its problem in its place, and what ends a batch early is its last row.',
      scope: 'predict',
      query: { learn, reasons },
      body: { description: 'The events.', content: events },
      responses: {
        200: {
          description: 'An answer or a problem for each row.',
          content: { [JSON_TYPE]: { schema: v.array(AnswerOrProblem) }, [NDJSON_TYPE]: { schema: AnswerOrProblem } },
        },
      },
      serve: serve.batch,
    }),
    route({
      method: 'post',
      path: '/events',
      id: 'learn',
      summary: 'Teach baselines without scoring',
      description: 'For what is already history: a JSON list, or one JSON object a line; gzip is accepted.',
      scope: 'predict',
      query: {},
      body: { description: 'The events.', content: events },
      responses: { 200: { description: 'What was learnt.', content: { [JSON_TYPE]: { schema: Learnt } } } },
      serve: serve.learn,
    }),
    route({
      method: 'get',
      path: '/users/{id}',
      id: 'showUser',
      summary: 'Show what is held on a user',
      scope: 'users',
      params,
      query: {},
      responses: { 200: { description: 'All that is held.', content: { [JSON_TYPE]: { schema: Held } } } },
      serve: serve.showUser,
    }),
    route({
      method: 'delete',
      path: '/users/{id}',
      id: 'forgetUser',
      summary: 'Forget a user',
      scope: 'users',
      params,
      query: {},
      responses: { 204: { description: 'Forgotten.' } },
      serve: serve.forgetUser,
    }),
    route({
      method: 'get',
      path: '/model',
      id: 'model',
      summary: 'Say what scores',
      scope: 'predict',
      query: {},
      responses: { 200: { description: 'The card of the model.', content: { [JSON_TYPE]: { schema: ModelCard } } } },
      serve: serve.model,
    }),
    route({
      method: 'get',
      path: '/health',
      id: 'health',
      summary: 'Say whether it is ready',
      scope: undefined,
      query: {},
      responses: {
        200: { description: 'Ready.', content: { [JSON_TYPE]: { schema: Health } } },
        503: { description: 'Not ready, and why.', content: { [JSON_TYPE]: { schema: Health } } },
      },
      serve: serve.health,
    }),
    route({
      method: 'get',
      path: '/metrics',
      id: 'metrics',
      summary: "Metrics in Prometheus' format",
      scope: 'metrics',
      query: {},
      responses: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: v.string() } } } },
      serve: serve.metrics,
    }),
  ]
  return { routes, named: { Event, Answer, Problem, Learnt, Held, ModelCard, Health } }
}
