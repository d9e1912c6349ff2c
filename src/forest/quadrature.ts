/**
 * The nodes and weights of Gauss and Legendre on [0, 1], exact for polynomials of degree 2 points - 1.
 *
 * The nodes are the roots of the Legendre polynomial, found by Newton's method (Press et al., "Numerical Recipes",
 * section 4.6), all strictly inside the interval.
 */
export function gaussLegendre(points: number): { nodes: Float64Array; weights: Float64Array } {
  const nodes = new Float64Array(points)
  const weights = new Float64Array(points)
  for (let i = 0; i < points; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (points + 0.5))
    let slope = 1
    for (let round = 0; round < 10; round++) {
      let below = 1
      let value = x
      for (let degree = 2; degree <= points; degree++) {
        const next = ((2 * degree - 1) * x * value - (degree - 1) * below) / degree
        below = value
        value = next
      }
      slope = (points * (x * value - below)) / (x * x - 1)
      x -= value / slope
    }
    nodes[i] = (1 + x) / 2
    weights[i] = 1 / ((1 - x * x) * slope * slope)
  }
  return { nodes, weights }
}
