import { BINS } from '../../histogram.ts'
import type { Model } from '../../model.ts'
import { COLOUR, draw, NARROW, type Series, SMALL, SQUARE, WIDE } from './charts.ts'
import type { Curves } from './curves.ts'
import { type Counts, type Gatherer, SCORE_BINS } from './gather.ts'
import { type Html, html } from './html.ts'

/** The report's charts, each from what was gathered. */

/** 1,000 as 1k: an axis has little room. */
function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  return value >= 1e3 ? `${Number((value / 1e3).toPrecision(3))}k` : String(Number(value.toPrecision(3)))
}

const shareOf = ({ events, flagged }: Counts): number => (events === 0 ? 0 : flagged / events)
/** A share of fewer events says nothing. */
export const FEWEST = 20

const asPercent = (value: number): string => `${Number((100 * value).toPrecision(2))}%`

/** Logarithms have no nought: an empty bin has no bar. */
const orNone = (value: number): number | null => (value > 0 ? value : null)

export function scoreFigure({ scores }: Gatherer, threshold: number): Html {
  const middle = (bin: number): number => (bin + 0.5) / SCORE_BINS
  const bars = (of: (counts: Counts) => number, color: string, z: number): Series => ({
    type: 'bar',
    data: scores.map((counts, bin) => [middle(bin), orNone(of(counts))]),
    barWidth: 5,
    barGap: '-100%',
    itemStyle: { color },
    z,
  })
  const all = bars(({ events }) => events, COLOUR.all, 2)
  const flagged = bars((counts) => counts.flagged, COLOUR.flagged, 3)
  const line = {
    symbol: 'none',
    lineStyle: { color: COLOUR.ink, type: 'dashed' as const },
    label: { formatter: 'threshold', color: COLOUR.ink, fontSize: 12 },
    data: [{ xAxis: threshold }],
  }
  return draw(
    {
      label: `Events by score, the threshold at ${threshold.toFixed(3)}`,
      x: { name: 'score', min: 0, max: 1, step: 0.2 },
      y: { name: 'events (log scale)', log: true, min: 0.8, format: (value) => (value < 1 ? '' : short(value)) },
      series: [{ ...all, markLine: line } as Series, flagged],
    },
    NARROW,
  )
}

export function hourFigure({ hours }: Gatherer): Html {
  const label = 'Share of flagged events by hour of the day'
  return byHour(label, { name: 'flagged', format: asPercent }, hours.map(shareOf), COLOUR.flagged)
}

export function hourEventsFigure({ hours }: Gatherer): Html {
  const events = hours.map((hour) => hour.events)
  return byHour('Events by hour of the day', { name: 'events', format: short }, events, COLOUR.all)
}

function byHour(label: string, y: Parameters<typeof draw>[0]['y'], data: readonly number[], color: string): Html {
  return draw(
    {
      label,
      x: { name: 'hour (UTC, or as the log has it)', categories: data.map((_, hour) => String(hour)), every: 3 },
      y,
      series: [{ type: 'bar', data: [...data], itemStyle: { color }, barWidth: '70%' }],
    },
    NARROW,
  )
}

/** Events and flagged share over time, drawn for a desk and for a phone; the page shows the one that fits. */
export function timeFigures({ steps, fromMs, stepMs }: Gatherer): Html {
  const day = stepMs >= 24 * 3_600_000
  const times = steps.map((_, i) => new Date(fromMs + i * stepMs).toISOString())
  const x = {
    name: 'time (UTC)',
    categories: times.map((time) => (day ? time.slice(5, 10) : `${time.slice(5, 13).replace('T', ' ')}h`)),
  }
  const share = {
    label: 'Share of flagged events over time',
    x,
    y: { name: 'flagged', format: asPercent },
    series: [
      {
        type: 'bar',
        data: steps.map((step) => (step.events < FEWEST ? null : shareOf(step))),
        itemStyle: { color: COLOUR.flagged },
        barCategoryGap: '15%',
      },
    ] as Series[],
  }
  const events = {
    label: 'Events over time',
    x,
    y: { name: 'events', format: short },
    series: [
      { type: 'bar', data: steps.map((step) => step.events), itemStyle: { color: COLOUR.all }, barCategoryGap: '15%' },
    ] as Series[],
  }
  const pair = (size: typeof WIDE | typeof NARROW): Html[] => [draw(share, size), draw(events, size)]
  return html`<div class="card wide">${pair(WIDE)}</div><div class="card narrow">${pair(NARROW)}</div>`
}

/** Bars on a log scale begin at 1: shares are drawn as events in a million. */
const PER_MILLION = 1e6

/** A feature among all events of the training sample, and among the flagged ones, as shares. */
export function featureFigure(model: Model, { flaggedBins, flagged }: Gatherer, feature: number): Html {
  const least = model.histograms.edges[2 * feature] as number
  const greatest = model.histograms.edges[2 * feature + 1] as number
  if (!(greatest > least)) return html`<p class="muted">The same for every event.</p>`
  const bins = Array.from({ length: BINS }, (_, bin) => feature * BINS + bin)
  const bars = (shares: readonly number[], color: string): Series => ({
    type: 'bar',
    data: shares.map((share) => orNone(PER_MILLION * share)),
    itemStyle: { color },
    barGap: '0%',
    barCategoryGap: '20%',
  })
  return draw(
    {
      label: `Distribution of ${model.featureSet.features[feature]?.name ?? ''}`,
      x: { name: '', categories: bins.map((_, bin) => short(least + ((greatest - least) * bin) / BINS)), every: 4 },
      y: {
        name: 'share (log scale)',
        log: true,
        min: 10,
        max: PER_MILLION,
        format: (value) => (value < 100 ? '' : asPercent(value / PER_MILLION)),
      },
      series: [
        bars(
          bins.map((at) => model.histograms.shares[at] as number),
          COLOUR.all,
        ),
        bars(
          bins.map((at) => (flagged === 0 ? 0 : (flaggedBins[at] as number) / flagged)),
          COLOUR.flagged,
        ),
      ],
    },
    SMALL,
  )
}

export function curveFigures({ roc, precisionRecall }: Curves, anomalies: number): Html[] {
  const line = (points: Curves['roc'], color: string, type: 'solid' | 'dashed'): Series => ({
    type: 'line',
    data: points as [number, number][],
    showSymbol: false,
    lineStyle: { color, width: type === 'solid' ? 2 : 1, type },
  })
  const from0to1 = { min: 0, max: 1, step: 0.25 }
  return [
    draw(
      {
        label: 'ROC curve',
        x: { name: 'normal events flagged', ...from0to1, format: asPercent },
        y: { name: 'anomalies found', ...from0to1, format: asPercent },
        series: [
          line(roc, COLOUR.all, 'solid'),
          line(
            [
              [0, 0],
              [1, 1],
            ],
            COLOUR.muted,
            'dashed',
          ),
        ],
      },
      SQUARE,
    ),
    draw(
      {
        label: 'Precision-recall curve',
        x: { name: 'anomalies found (recall)', ...from0to1, format: asPercent },
        y: { name: 'precision', ...from0to1, format: asPercent },
        series: [
          line(precisionRecall, COLOUR.all, 'solid'),
          line(
            [
              [0, anomalies],
              [1, anomalies],
            ],
            COLOUR.muted,
            'dashed',
          ),
        ],
      },
      SQUARE,
    ),
  ]
}
