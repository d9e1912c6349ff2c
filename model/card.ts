import type { Model } from '../src/model.ts'
import type { Evaluation } from './evaluate.ts'

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`

/** The model's card: what it was made from, how well it does, where it must not be trusted. Markdown. */
export function cardOf(model: Model, fileBytes: number, evaluation: Evaluation, flagAt: number): string {
  const { training, forest, featureSet } = model
  const kinds = evaluation.kinds.map(
    ({ kind, events, rocAuc, recall }) => `| ${kind} | ${events} | ${rocAuc.toFixed(3)} | ${percent(recall)} |`,
  )
  return `# ${model.name} ${model.version}

Written by \`npm run model\`. The same recipe gives the same bytes.

| | |
|---|---|
| forest | ${forest.trees} trees of ${forest.sampleSize} events, path-length score |
| feature set | ${featureSet.name} ${featureSet.hash}: ${featureSet.features.map(({ name }) => name).join(', ')} |
| event types | ${model.eventTypes.join(', ')} |
| trained on | ${training.rows} simulated events of ${training.users} users, ${training.from?.slice(0, 10)} to ${training.to?.slice(0, 10)}, seed ${training.seed}; no labels |
| threshold | ${model.scores.scoreAt(flagAt).toFixed(4)} at the ${flagAt} percentile |
| file | ${fileBytes} bytes |

## How well it does

On activity simulated with another seed, every event scored against the past alone, users unknown at first:

| events | anomalous | ROC-AUC | average precision | precision at the top 2% | flagged |
|---|---|---|---|---|---|
| ${evaluation.events} | ${percent(evaluation.anomalies)} | ${evaluation.rocAuc.toFixed(4)} | ${evaluation.averagePrecision.toFixed(3)} | ${evaluation.precisionAtTop2.toFixed(3)} | ${percent(evaluation.flagged)} |

| kind | events | ROC-AUC against normal | flagged |
|---|---|---|---|
${kinds.join('\n')}

## Limits

- The activity is simulated. Real users are stranger: train on your own log before you block anybody.
- The population (typical sessions, hours, devices) is the simulation's. It matters for users without a history; after
  some ten sessions a user's own habits weigh more.
- An event is something a user does, tens of seconds apart. A page that loads in twenty requests looks like a burst: skip
  assets and background calls (\`skip\`), or train on your own log.
- Hours and weekdays are UTC.
- An event is odd for its user, not wicked. A new phone, a night shift, a holiday are odd.
- Whoever changes slowly enough is learnt. What teaches is clipped, which makes that slow; it does not make it impossible.
`
}
