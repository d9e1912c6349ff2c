import type { Context } from 'hono'
import { isPromise } from '../src/promise.ts'
import type { Assessor, Lesson } from './assess.ts'

/** Has the baseline learn from a request. The response does not wait for it, nor hear of its failing. */
export function teach(assessor: Assessor, c: Context, lesson: Lesson, failed: () => void): void {
  try {
    const learning = assessor.learn(c, lesson)
    if (isPromise(learning)) runInBackground(c, learning, failed)
  } catch {
    failed()
  }
}

/** Lets a promise go on after the response: on Workers it would be cut off without `waitUntil`. */
export function runInBackground(c: Context, promise: PromiseLike<unknown>, failed?: () => void): void {
  const settled = Promise.resolve(promise).then(
    () => undefined,
    () => failed?.(),
  )
  try {
    c.executionCtx.waitUntil(settled)
  } catch {
    // Hono throws where the platform has no such thing: there promises live as long as the process.
  }
}
