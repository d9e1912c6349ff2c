import { type BaselineLayout, type Category, layoutOf, type Quantity } from '../baseline/layout.ts'

/**
 * A feature set is a value: what of an event and of a user's baseline becomes the numbers that a forest is trained on.
 * It owns the quantities and categories that its baselines keep, so two sets may keep entirely different ones.
 */
export interface FeatureSet {
  readonly name: string
  readonly layout: BaselineLayout
  readonly features: readonly Feature[]
  /** Changes when anything changes that would make a trained forest see other numbers. */
  readonly hash: string
}

/**
 * One feature: where its number comes from.
 *
 * - `value`: the quantity itself. `mean`, `spread`: what is expected of it for this user.
 * - `above`: how far the quantity lies over what is expected, in spreads; 0 where it lies under, and where the event
 *   has no time and the quantity needs one. `difference`: value less mean, both signs.
 * - `choice`: the index of the category's choice. `surprise`: -ln of its probability for this user.
 *   `typical`: the circular mean of the user's choices. `distance`: circular distance of the choice from it.
 */
export type Feature =
  | {
      readonly name: string
      readonly of: 'value' | 'mean' | 'spread' | 'above' | 'difference'
      readonly quantity: string
    }
  | {
      readonly name: string
      readonly of: 'choice' | 'surprise' | 'rarity' | 'typical' | 'distance'
      readonly category: string
    }

/** Deviations and surprises beyond this say nothing more, and one absurd event must not stretch a feature's range. */
export const MOST_DEVIATION = 12

/** Raised when a computation changes without its description: quantities' formulas, smoothing, clipping. */
const COMPUTATION = 1

/**
 * @throws TypeError where a feature names a quantity or category that the set does not have, or a name comes twice
 */
export function defineFeatureSet(
  name: string,
  quantities: readonly Quantity[],
  categories: readonly Category[],
  features: readonly Feature[],
): FeatureSet {
  const known = new Set<string>()
  for (const feature of features) {
    const parts: readonly { name: string }[] = 'quantity' in feature ? quantities : categories
    const wanted = 'quantity' in feature ? feature.quantity : feature.category
    if (!parts.some((part) => part.name === wanted))
      throw new TypeError(
        `feature ${feature.name}: got ${wanted}, wanted one of ${parts.map((part) => part.name).join(', ')}`,
      )
    if (known.has(feature.name)) throw new TypeError(`feature ${feature.name}: named twice`)
    known.add(feature.name)
  }
  const description = JSON.stringify([
    COMPUTATION,
    quantities.map((quantity) => [quantity.name, quantity.timed]),
    categories.map((category) => [category.name, category.size, category.circular, category.perSession]),
    features,
  ])
  return { name, layout: layoutOf(quantities, categories), features, hash: fnv1a(description) }
}

/** FNV-1a, 32 bits, as eight hexadecimal digits (Fowler, Noll, Vo). */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
