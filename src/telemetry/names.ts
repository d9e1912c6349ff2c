/** The names under which spans, log events and metrics carry decisions. The first three are the OpenTelemetry Collector's. */

export const ISOLATION_SCORE = 'anomaly.isolation_score'
export const IS_ANOMALY = 'anomaly.is_anomaly'
export const MODEL_NAME = 'anomaly.model_name'
/** The decision's id, also in a block response. */
export const ID = 'anomaly.id'
export const PERCENTILE = 'anomaly.percentile'
export const THRESHOLD = 'anomaly.threshold'
/** What was done: allow, flag or block. Always allow where the middleware only observes. */
export const DECISION = 'anomaly.decision'
/** What enforcing would have done. */
export const WOULD_BE = 'anomaly.would_be'
export const MODE = 'anomaly.mode'
/** scored or not_scored. */
export const STATE = 'anomaly.state'
/** Why an event was not scored. */
export const WHY = 'anomaly.why'
export const MODEL_VERSION = 'anomaly.model.version'
export const BASELINE_LEVEL = 'anomaly.baseline.level'
/** Names of the features that count most, never their values. */
export const REASONS = 'anomaly.reasons'

/** OpenTelemetry's own names. */
export const USER_HASH = 'user.hash'
export const HTTP_ROUTE = 'http.route'

/** Log event. */
export const ANOMALY_DETECTED = 'anomaly.detected'

/** Metrics. */
export const EVALUATIONS = 'anomaly.evaluations'
export const SCORE = 'anomaly.score'
export const LEARN_FAILURES = 'anomaly.learn_failures'

/** The instrumentation scope of our logger and meter. */
export const SCOPE = 'hedgerow'
