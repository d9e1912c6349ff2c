"""Golden values for src/metrics.ts, from scikit-learn.

Made with Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1:

    python test/golden/metrics.py > test/golden/metrics.golden.json
"""

import json

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

random = np.random.RandomState(3)


def case(name, labels, scores):
    return {
        "name": name,
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "rocAuc": float(roc_auc_score(labels, scores)),
        "averagePrecision": float(average_precision_score(labels, scores)),
    }


labels = (random.uniform(size=200) < 0.1).astype(int)
scores = random.normal(size=200) + labels
cases = [
    case("distinct scores", labels, np.round(scores, 6)),
    case("many ties", labels, np.round(scores)),
    case("one score for all", labels, np.zeros(200)),
    case("a perfect ranking", labels, labels * 1.0),
    case("the worst ranking", labels, labels * -1.0),
]
print(json.dumps(cases, separators=(",", ":")))
