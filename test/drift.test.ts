import { describe, expect, it } from 'vitest'
import { defaultModel } from '../model/default.ts'
import { simulate } from '../model/simulate/index.ts'
import { Detector } from '../src/detector.ts'
import { DriftMonitor } from '../src/drift.ts'
import { MemoryBaselines } from '../src/store/memory.ts'

const model = defaultModel()

/** Drift of simulated activity whose features went through `change` on the way. */
function driftOf(change: (features: Float32Array, event: number) => unknown): Map<string, number> {
  const detector = new Detector(model)
  const baselines = new MemoryBaselines(model.featureSet.layout.width, 1000)
  const monitor = new DriftMonitor(model)
  simulate({ users: 200, seed: 31 }).forEach(({ event }, i) => {
    const features = detector.features(event, baselines.read(event.userId))
    change(features, i)
    monitor.add(features)
    baselines.update(event.userId, (baseline) => detector.learn(event, baseline))
  })
  return new Map(monitor.report().map(({ feature, psi }) => [feature, psi]))
}

describe('a drift monitor', () => {
  it('has nothing to report before the first event', () => {
    const report = new DriftMonitor(model).report()
    expect(report.length).toBe(model.featureSet.features.length)
    expect(report.every(({ psi }) => psi === 0)).toBe(true)
    expect(new DriftMonitor(model).events).toBe(0)
  })

  it.each([0, Number.NaN])('refuses a memory of %d events', (memoryEvents) => {
    expect(() => new DriftMonitor(model, memoryEvents)).toThrow(/^memoryEvents: got /)
  })

  it('finds little drift in activity like that of the training', () => {
    for (const [feature, psi] of driftOf((features) => features)) expect(psi, feature).toBeLessThan(0.1)
  })

  it('finds the feature that moved, and puts it first', () => {
    const device = model.featureSet.features.findIndex(({ name }) => name === 'device_surprise')
    const drift = driftOf((features, i) => {
      if (i % 3 === 0) features[device] = 1.5
    })
    expect([...drift.keys()][0]).toBe('device_surprise')
    expect(drift.get('device_surprise')).toBeGreaterThan(0.25)
    expect(drift.get('pace_surprise')).toBeLessThan(0.1)
  })

  it('computes the population stability index as it is defined', () => {
    const monitor = new DriftMonitor(model, 1e12)
    const { edges, shares } = model.histograms
    const lowest = Float32Array.from(model.featureSet.features, (_, f) => edges[2 * f] as number)
    for (let i = 0; i < 10; i++) monitor.add(lowest)
    const [first] = model.featureSet.features
    const bins = [...shares.subarray(0, 20)].map((share) => Math.max(1e-4, share))
    const live = bins.map((_, bin) => (bin === 0 ? 1 : 1e-4))
    const wanted = bins.reduce(
      (sum, was, bin) => sum + ((live[bin] as number) - was) * Math.log((live[bin] as number) / was),
      0,
    )
    expect(monitor.events).toBe(10)
    const got = monitor.report().find(({ feature }) => feature === first?.name)
    expect(got?.psi).toBeCloseTo(wanted, 6)
  })
})
