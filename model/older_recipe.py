#!/usr/bin/env python3
"""The recipe that Hedgerow is measured against: raw values, per-user means and linear differences, standardised, into
scikit-learn's isolation forest. It sees the whole log at once, so it judges each event with hindsight.

`hedgerow evaluate` runs it where scikit-learn is installed (Debian: python3-sklearn).

stdin: rows of eight little-endian doubles: user, event type, device, session duration in seconds, events in session,
hour of day, day of week, kind (0 for normal). stdout: one JSON object.
"""

import json
import sys

try:
    import numpy as np
    import sklearn
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import average_precision_score, roc_auc_score
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

CONTAMINATION = 0.02

rows = np.frombuffer(sys.stdin.buffer.read(), dtype="<f8").reshape(-1, 8)
user, event_type, device, duration, events, hour, weekday, kind = rows.T

_, group = np.unique(user, return_inverse=True)
size = np.bincount(group)


def per_user_mean(values):
    return (np.bincount(group, values) / size)[group]


mean_duration = per_user_mean(duration)
mean_events = per_user_mean(events)
mean_hour = per_user_mean(hour)
deviation = np.sqrt(np.maximum(per_user_mean(duration**2) - mean_duration**2, 0))

features = StandardScaler().fit_transform(
    np.column_stack(
        [
            duration,
            events,
            hour,
            weekday,
            event_type,
            device,
            mean_duration,
            deviation,
            mean_events,
            mean_hour,
            duration - mean_duration,
            events - mean_events,
            hour - mean_hour,
        ]
    )
)
forest = IsolationForest(n_estimators=200, contamination=CONTAMINATION, random_state=0).fit(features)
scores = -forest.score_samples(features)

odd = kind > 0
count = max(1, round(CONTAMINATION * len(scores)))
threshold = np.partition(scores, -count)[-count]
top = scores >= threshold
report = {
    "version": sklearn.__version__,
    "rocAuc": roc_auc_score(odd, scores),
    "averagePrecision": average_precision_score(odd, scores),
    "precisionAtTop2": float(odd[top].mean()),
    "flagged": float(top.mean()),
    "kinds": [],
}
for each in np.unique(kind[odd]):
    of_kind = kind == each
    either = of_kind | ~odd
    report["kinds"].append(
        {
            "kind": int(each),
            "rocAuc": roc_auc_score(of_kind[either], scores[either]),
            "recall": float(top[of_kind].mean()),
        }
    )
json.dump(report, sys.stdout)
