export { type FitOptions, fitForest } from './fit.ts'
export { Forest, forestFromBytes } from './forest.ts'
export { averagePathLength } from './path-length.ts'
