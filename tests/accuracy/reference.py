#!/usr/bin/env python3
"""Writes tables.json: random tables with what SciPy, statsmodels and scikit-learn make of them.

    python3 -m venv venv && venv/bin/pip install scipy statsmodels scikit-learn
    venv/bin/python tests/accuracy/reference.py

The Rust tests compare `src/accuracy` with the file. The versions that made it stand in it.
"""

import json
import pathlib
import random

import scipy
import sklearn
import statsmodels
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

TABLES = 1_000
LABELS = ["a", "b", "c", "d", "e", "f"]


def confusion(draw):
    """Counts of (right answer, given answer), some of them rare and some empty."""
    labels = LABELS[: draw.randint(2, len(LABELS))]
    most = draw.choice([3, 30, 1_000])
    hit = draw.random()
    counts = [
        [draw.randint(0, most) if (t == g or draw.random() > hit) else 0 for g in labels] for t in labels
    ]
    return labels, counts


def table(draw):
    labels, counts = confusion(draw)
    pairs = [(t, g, n) for t, row in zip(labels, counts) for g, n in zip(labels, row) if n]
    if not pairs:
        return table(draw)
    truth = [t for t, _, n in pairs for _ in range(n)]
    given = [g for _, g, n in pairs for _ in range(n)]
    kappa = float(cohen_kappa_score(truth, given))
    seen = sorted(set(truth) | set(given))
    precision, recall, _, _ = precision_recall_fscore_support(truth, given, labels=seen, zero_division=float("nan"))
    right = sum(n for t, g, n in pairs if t == g)
    rows = len(truth)
    low, high = proportion_confint(right, rows, alpha=0.05, method="wilson")
    first, second = draw.randint(0, most_of(draw)), draw.randint(0, most_of(draw))
    p = mcnemar([[7, first], [second, 11]], exact=True).pvalue
    number = lambda value: None if value != value else float(value)
    return {
        "pairs": pairs,
        "wilson": [float(low), float(high)],
        "kappa": number(kappa),
        "labels": [[label, number(p), number(r)] for label, p, r in zip(seen, precision, recall)],
        "discordant": [first, second],
        "mcnemar": min(1.0, float(p)),
    }


def most_of(draw):
    return draw.choice([5, 60, 2_000])


def main():
    draw = random.Random(20261130)
    made_by = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "sklearn": sklearn.__version__}
    place = pathlib.Path(__file__).with_name("tables.json")
    lines = ",\n".join(json.dumps(table(draw), separators=(",", ":")) for _ in range(TABLES))
    place.write_text(f'{{"made_by":{json.dumps(made_by)},"tables":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
