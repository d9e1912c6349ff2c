"""Golden vectors for the forest, from scikit-learn's IsolationForest.

Made with Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1:

    python test/golden/forest.py > test/golden/forest.golden.json

Data: three columns, one of them discrete and one skewed, all multiples of 1/64 and below 2^14. On such data `x <= t`,
scikit-learn's question at a node, and `x < t'` with t' = (floor(64 t) + 1) / 64, Hedgerow's, are the same.
"""

import json

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

random = np.random.RandomState(20)
rows = 150
columns = np.stack(
    [random.normal(0, 3, rows), random.randint(0, 5, rows), np.exp(random.normal(0, 1.5, rows))], axis=1
)
columns[-6:] = random.uniform(-30, 60, (6, 3))
data = np.round(columns * 64) / 64

forest = IsolationForest(n_estimators=12, max_samples=64, random_state=20).fit(data)


def tree(estimator, features):
    t = estimator.tree_
    inner = t.children_left >= 0
    return {
        "left": t.children_left.tolist(),
        "right": t.children_right.tolist(),
        "feature": [int(features[f]) if i else -1 for f, i in zip(t.feature, inner)],
        # JSON has float64 exactly; a leaf's is of no use.
        "threshold": [float(v) if i else 0 for v, i in zip(t.threshold, inner)],
        "count": t.n_node_samples.tolist(),
    }


counts = [0, 1, 2, 3, 5, 10, 64, 256, 999, 100000]
print(
    json.dumps(
        {
            "columns": 3,
            "sampleSize": 64,
            "data": data.ravel().tolist(),
            "trees": [tree(e, f) for e, f in zip(forest.estimators_, forest.estimators_features_)],
            "scores": (-forest.score_samples(data)).tolist(),
            "averagePathLength": [[n, float(v)] for n, v in zip(counts, _average_path_length(np.array(counts)))],
        },
        separators=(",", ":"),
    )
)
