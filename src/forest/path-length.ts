const EULER_MASCHERONI = 0.5772156649015329

/**
 * c(n): the mean number of steps of an unsuccessful search in a binary search tree of n keys, and so what an
 * isolation tree would on average still have needed to take n rows apart.
 *
 * Liu, Ting, Zhou 2008, "Isolation Forest", equation 1: 2 H(n - 1) - 2 (n - 1) / n, with the harmonic number taken as
 * ln(n - 1) + gamma, as the paper and scikit-learn do.
 *
 * @param n a number of rows, >= 0
 * @returns steps: 0 for n <= 1, 1 for n = 2
 */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + EULER_MASCHERONI) - (2 * (n - 1)) / n
}
