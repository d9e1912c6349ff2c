import type { Evaluation } from '../../../model/evaluate.ts'
import type { Model } from '../../model.ts'
import { fileFactsOf } from '../command-inspect.ts'
import { count, number, percent } from '../words.ts'
import type { Curves } from './curves.ts'
import {
  curveFigures,
  FEWEST,
  featureFigure,
  hourEventsFigure,
  hourFigure,
  scoreFigure,
  timeFigures,
} from './figures.ts'
import type { Gatherer } from './gather.ts'
import { cut, type Html, html } from './html.ts'
import type { Strange } from './strangest.ts'
import { STYLE } from './style.ts'

/** What was read: for each input its name, and of all together what was refused. */
export interface ReadFacts {
  readonly inputs: readonly string[]
  readonly refused: number
  /** The first of them, in words. */
  readonly firstRefused: readonly string[]
  readonly order: readonly string[]
}

/** Metrics where labels are given. */
export interface Judged {
  readonly evaluation: Evaluation
  readonly curves: Curves
}

/** The report: one page that needs nothing else. All text of the log is escaped by `html`. */
export function pageOf(
  model: Model,
  threshold: number,
  gathered: Gatherer,
  read: ReadFacts,
  judged: Judged | undefined,
): string {
  const flaggedShare = gathered.flagged / Math.max(1, gathered.events)
  const title = `${model.name} ${model.version}`
  const body = html`<main>
<small>Hedgerow training report</small>
<h1>${title}</h1>
<p class="muted">${spanOf(model)}</p>
<div class="tiles">
${tile(number(gathered.events), 'events')}
${tile(number(model.training.users), 'users')}
${tile(number(read.refused), 'lines refused')}
${tile(percent(flaggedShare), `flagged; asked for ${percent(model.training.contamination, 1)}`)}
${judged && tile(judged.evaluation.rocAuc.toFixed(4), 'ROC-AUC')}
${judged && tile(judged.evaluation.averagePrecision.toFixed(3), 'average precision')}
</div>
<p>Every event was scored by what came before it, as it would have been served, starting from nothing. Early events are
judged as those of new users.</p>
${judged && metrics(judged)}
<h2>Scores</h2>
<p>The further the flagged tail lies from the bulk, the clearer the case. A tail that runs into the bulk says that the
threshold cuts through ordinary events.</p>
${LEGEND}
<div class="charts">
<div class="card"><h3>Events by score</h3>${scoreFigure(gathered, threshold)}</div>
<div class="card"><h3>Flagged share by hour</h3>${hourFigure(gathered)}</div>
<div class="card"><h3>Events by hour</h3>${hourEventsFigure(gathered)}</div>
</div>
${gathered.steps.length > 1 ? overTime(gathered) : html`<p class="muted">The events carry no time: there is no chart over time.</p>`}
<h2>Strangest events</h2>
<p>One for each user, strangest first. If most of these are nothing to look into, the model is not ready to block anybody.</p>
<ul class="events">
${gathered.strangest.list().map(strange)}
</ul>
<h2>Features</h2>
<p>How each feature is distributed over all events that the forest could have seen, and over the flagged ones. A feature
that sets them apart is one that the forest flags by. Shares are on a log scale.</p>
${LEGEND}
<div class="charts">
${model.featureSet.features.map(({ name }, f) => html`<div class="card"><h3>${name.replaceAll('_', ' ')}</h3>${featureFigure(model, gathered, f)}</div>`)}
</div>
<h2>What was read</h2>
${reading(read)}
<h2>The model</h2>
${modelFacts(model)}
<footer>Written by hedgerow train. Scores say how unusual an event is for its user, not whether it is wicked.</footer>
</main>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html`${title} – training report`.text}</title>
<style>${STYLE}</style>
</head>
<body>
${body.text}
</body>
</html>
`
}

const LEGEND = html`<div class="legend"><span><i style="background:var(--all)"></i>all events</span><span><i style="background:var(--flagged)"></i>flagged</span></div>`

function tile(value: string, label: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${label}</span></div>`
}

function spanOf({ training, featureSet }: Model): string {
  const { from, to, rows } = training
  const span = from === null || to === null ? '' : `, ${from.slice(0, 10)} to ${to.slice(0, 10)}`
  return `Trained on ${count(rows, 'event')}${span}; feature set ${featureSet.name}, no labels`
}

function overTime(gathered: Gatherer): Html {
  return html`<h2>Over time</h2>
<p>A share that rises or falls for days says that behaviour has changed since. The first days are
those in which users are new. Steps of fewer than ${FEWEST} events show no share.</p>
${timeFigures(gathered)}`
}

/** Reasons shown of an event. */
const MOST_REASONS = 4

function strange({ event, verdict, place, kind }: Strange): Html {
  const when =
    event.timestampMs === undefined
      ? `hour ${event.hourOfDay}`
      : `${new Date(event.timestampMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const what =
    event.request === undefined
      ? event.eventType
      : `${event.request.method} ${event.request.route} (${event.eventType})`
  const reasons = verdict.reasons.filter(({ contribution }) => contribution > 0).slice(0, MOST_REASONS)
  return html`<li${verdict.isAnomaly ? undefined : html` class="below"`}>
<div class="head"><b><bdi>${cut(event.userId, 80)}</bdi></b><span class="score">${verdict.score.toFixed(3)}</span></div>
<div><bdi>${cut(what, 120)}</bdi>, ${event.deviceType}${kind === undefined ? undefined : html`; label: <bdi>${kind === '' ? 'normal' : cut(kind, 40)}</bdi>`}</div>
<ul>${reasons.map(({ text }) => html`<li>${text}</li>`)}</ul>
<small>${when}; ${place}; ${verdict.baseline.level === 'user' ? `${number(verdict.baseline.events)} events known` : 'new user'}</small>
</li>`
}

function metrics({ evaluation, curves }: Judged): Html {
  return html`<h2>Against the labels</h2>
<p>${percent(evaluation.anomalies)} of the events are labelled. Precision among the 2% that score highest: ${evaluation.precisionAtTop2.toFixed(3)}. The dashed lines are chance.</p>
<div class="charts">
${curveFigures(curves, evaluation.anomalies).map((figure, i) => html`<div class="card"><h3>${i === 0 ? 'ROC' : 'Precision and recall'}</h3>${figure}</div>`)}
<div class="card scroll"><h3>By kind</h3>
<table><tr><th>kind</th><th class="n">events</th><th class="n">ROC-AUC</th><th class="n">flagged</th></tr>
${evaluation.kinds.map(({ kind, events, rocAuc, recall }) => html`<tr><td><bdi>${cut(kind, 40)}</bdi></td><td class="n">${number(events)}</td><td class="n">${rocAuc.toFixed(3)}</td><td class="n">${percent(recall, 1)}</td></tr>`)}
</table></div>
</div>`
}

function reading({ inputs, refused, firstRefused, order }: ReadFacts): Html {
  return html`<div class="card">
<p>${count(inputs.length, 'input')}: ${inputs.map((name, i) => html`${i === 0 ? '' : ', '}<code>${name}</code>`)}</p>
<p>${refused === 0 ? 'No line was refused.' : `${count(refused, 'line')} refused${firstRefused.length < refused ? '; the first of them' : ''}:`}</p>
${refused === 0 ? undefined : html`<pre>${firstRefused.map((said) => cut(said, 400)).join('\n')}</pre>`}
${order.map((line) => html`<p>${line}.</p>`)}
</div>`
}

function modelFacts(model: Model): Html {
  const facts = fileFactsOf(model)
  const row = (label: string, value: string): Html => html`<tr><th>${label}</th><td>${value}</td></tr>`
  return html`<div class="charts"><div class="card"><table>
${row('name, version', `${facts.name} ${facts.version}`)}
${row('feature set', facts.baselines)}
${row('event types', facts.event_types.join(', '))}
${row('forest', `${count(facts.forest.trees, 'tree')} of ${count(facts.forest.sample_size, 'event')}, scored by ${facts.forest.scoring}`)}
${row('seed', String(facts.training.seed))}
${row('file', `${number(facts.bytes.file)} bytes`)}
${facts.thresholds.map(({ percentile, score }) => row(`threshold at ${percentile}`, score.toFixed(4)))}
</table></div>
<div class="card scroll"><table><tr><th>feature</th><th class="n">mean</th><th class="n">scale</th></tr>
${facts.features.map(({ feature, mean, scale }) => html`<tr><td>${feature.replaceAll('_', ' ')}</td><td class="n">${mean.toFixed(3)}</td><td class="n">${scale.toFixed(3)}</td></tr>`)}
</table></div></div>`
}
