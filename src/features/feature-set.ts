import { type BaselineLayout, type Category, layoutOf, type Quantity } from '../baseline/layout.ts'
import type { FitOptions } from '../forest/index.ts'

/**
 * A feature set is a value: what of an event and of a user's baseline becomes the numbers that a forest is trained on.
 * It owns the quantities and categories that its baselines keep, so two sets may keep entirely different ones.
 */
export interface FeatureSet {
  readonly name: string
  readonly layout: BaselineLayout
  readonly features: readonly Feature[]
  /** How a forest on these features is best grown, found by evidence. */
  readonly forest: Pick<FitOptions, 'scoring' | 'featureChoice' | 'featureWeights'>
  /** Changes when anything changes that would make a trained forest see other numbers. */
  readonly hash: string
}

/**
 * One feature: where its number comes from.
 *
 * - `surprise` of a quantity: how far it lies over where the user's sessions usually end up; z^2/2 for z spreads above,
 *   0 below. `surprise` of a category: ln of how many times likelier the user's likeliest choice is; surprises of event
 *   types in a row add up. All are in nats, log likelihood ratios, and therefore comparable; the first nat is taken off.
 * - `strongest`: the largest of the set's surprises, so that one thing far out counts, be all else as usual.
 * - `value`: the quantity itself. `mean`, `spread`: what is expected of it for this user. `difference`: value less mean.
 * - `choice`: the index of the category's choice. `typical`: the circular mean of the user's choices. `distance`:
 *   circular distance of the choice from it.
 *
 * A quantity that needs a time is no surprise in an event that has none.
 */
export type Feature =
  | {
      readonly name: string
      readonly of: 'surprise' | 'value' | 'mean' | 'spread' | 'difference'
      readonly quantity: string
    }
  | { readonly name: string; readonly of: 'surprise' | 'choice' | 'typical' | 'distance'; readonly category: string }
  | { readonly name: string; readonly of: 'strongest' }

/** Raised when a computation changes without its description: quantities' formulas, smoothing, clipping. */
const COMPUTATION = 3

/**
 * @throws TypeError where a feature names a quantity or category that the set does not have, a name comes twice, or the
 *   strongest surprise stands before a surprise
 */
export function defineFeatureSet(
  name: string,
  quantities: readonly Quantity[],
  categories: readonly Category[],
  features: readonly Feature[],
  forest: FeatureSet['forest'],
): FeatureSet {
  for (const { name: part, perSession, size } of categories) {
    // A session's choices are bits of one float32, which is exact to 24 of them.
    if (perSession && size > 24)
      throw new TypeError(`category ${part}: got ${size} choices, wanted at most 24 where they count a session`)
  }
  const known = new Set<string>()
  for (const feature of features) {
    const parts: readonly { name: string }[] = 'quantity' in feature ? quantities : categories
    const wanted = 'quantity' in feature ? feature.quantity : 'category' in feature ? feature.category : undefined
    if (wanted !== undefined && !parts.some((part) => part.name === wanted))
      throw new TypeError(
        `feature ${feature.name}: got ${wanted}, wanted one of ${parts.map((part) => part.name).join(', ')}`,
      )
    if (known.has(feature.name)) throw new TypeError(`feature ${feature.name}: named twice`)
    known.add(feature.name)
  }
  // It is computed from those before it.
  const strongest = features.findIndex(({ of }) => of === 'strongest')
  const surprise = features.findLastIndex(({ of }) => of === 'surprise')
  if (strongest >= 0 && (surprise < 0 || surprise > strongest))
    throw new TypeError(
      `feature ${features[strongest]?.name}: got a place that is not behind surprises, and all of them`,
    )
  const description = JSON.stringify([
    COMPUTATION,
    quantities.map((quantity) => [quantity.name, quantity.timed]),
    categories.map((category) => [category.name, category.size, category.circular, category.perSession]),
    features,
  ])
  return { name, layout: layoutOf(quantities, categories), features, forest, hash: fnv1a(description) }
}

/** FNV-1a, 32 bits, as eight hexadecimal digits (Fowler, Noll, Vo). */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
