import { BarChart, type BarSeriesOption, LineChart, type LineSeriesOption } from 'echarts/charts'
import { GridComponent, type GridComponentOption, MarkLineComponent } from 'echarts/components'
import { type ComposeOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { Html } from './html.ts'

use([BarChart, LineChart, GridComponent, MarkLineComponent, SVGRenderer])

type Option = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption>
export type Series = BarSeriesOption | LineSeriesOption

/** Colours come from the page, which has them for light and for dark. */
export const COLOUR = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  all: 'var(--all)',
  flagged: 'var(--flagged)',
} as const

/** Drawn about as wide as a phone, so that text keeps its size there. */
export const NARROW = { width: 360, height: 210 } as const
export const SMALL = { width: 360, height: 150 } as const
export const SQUARE = { width: 360, height: 270 } as const
export const WIDE = { width: 1080, height: 230 } as const

export interface Axis {
  readonly name: string
  readonly log?: boolean
  readonly min?: number
  readonly max?: number
  /** Names instead of numbers. */
  readonly categories?: readonly string[]
  readonly format?: (value: number) => string
  /** Of categories, every how-manieth is named. */
  readonly every?: number
  /** Between one number and the next. */
  readonly step?: number
}

export interface Chart {
  /** What it shows, for those who do not see it. */
  readonly label: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

/** A chart as static SVG: no script, no network, legible wherever HTML is. */
export function draw({ label, x, y, series }: Chart, size: { readonly width: number; readonly height: number }): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  const option: Option = {
    animation: false,
    grid: {
      left: 6,
      right: 14,
      top: 26,
      bottom: x.name === '' ? 4 : 22,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: axis(x, 'x') as NonNullable<Option['xAxis']>,
    yAxis: axis(y, 'y') as NonNullable<Option['yAxis']>,
    series: series.map((each) => ({ ...each, silent: true, emphasis: { disabled: true } })) as Series[],
  }
  chart.setOption(option)
  const svg = chart.renderToSVGString({ useViewBox: true })
  chart.dispose()
  // The library's own size would stop the page from giving the chart another; its label says nothing of what is shown.
  const open = svg.slice(0, svg.indexOf('>') + 1).replace(/ (width|height|style|role|aria-label)="[^"]*"/g, '')
  const named = open.replace('<svg', `<svg role="img" aria-label="${label.replace(/[&<>"]/g, ' ')}"`)
  return new Html(named + svg.slice(svg.indexOf('>') + 1))
}

const FONT = { color: COLOUR.muted, fontSize: 12, fontFamily: 'inherit' }

function axis(of: Axis, side: 'x' | 'y'): unknown {
  const { name, log, min, max, categories, format, every, step } = of
  const shared = {
    name,
    nameTextStyle: { ...FONT, align: side === 'x' ? 'center' : 'left', padding: side === 'x' ? 0 : [0, 0, 0, -30] },
    nameLocation: side === 'x' ? 'middle' : 'end',
    nameGap: side === 'x' ? 26 : 10,
    axisLine: { show: side === 'x', lineStyle: { color: COLOUR.line } },
    axisTick: { show: false },
    splitLine: { show: side === 'y', lineStyle: { color: COLOUR.line } },
    axisLabel: { ...FONT, hideOverlap: true, ...(format ? { formatter: format } : {}) },
  }
  if (categories !== undefined) {
    const label = { ...shared.axisLabel, ...(every === undefined ? {} : { interval: (i: number) => i % every === 0 }) }
    return { ...shared, type: 'category', data: categories, axisLabel: label }
  }
  return {
    ...shared,
    type: log === true ? 'log' : 'value',
    splitNumber: 4,
    ...(step === undefined ? {} : { interval: step }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
}
