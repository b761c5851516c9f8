"""A bar chart of an evaluation. matplotlib belongs to the development tools, so it may be missing."""

from pathlib import Path

from finq_local.evaluation.run import Evaluation

_MEASURES = {
    "recall@1": "recall_at_1",
    "recall@5": "recall_at_5",
    "recall@10": "recall_at_10",
    "nDCG@10": "ndcg_at_10",
    "MRR": "reciprocal_rank",
    "P@1": "precision_at_1",
}
_COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860")


def draw(evaluation: Evaluation, path: Path) -> Path | None:
    """Write a PNG of every configuration's measures to `path`; None where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        return None
    count = len(evaluation.outcomes)
    figure = Figure(figsize=(11, 5), dpi=120, layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(1, count)
    for number, outcome in enumerate(evaluation.outcomes):
        values = [outcome.mean(measure) for measure in _MEASURES.values()]
        places = [group + (number - (count - 1) / 2) * width for group in range(len(_MEASURES))]
        colour = _COLOURS[number % len(_COLOURS)]
        bars = axes.bar(places, values, width * 0.92, label=outcome.configuration.name, color=colour)
        axes.bar_label(bars, fmt="%.2f", fontsize=6, padding=1)
    axes.set_xticks(range(len(_MEASURES)), list(_MEASURES))
    axes.set_ylim(0, 1.08)
    axes.set_ylabel("mean over questions")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=min(6, max(1, count)), frameon=False)
    # Without the version of matplotlib in it, the same evaluation gives the same bytes.
    figure.savefig(path, metadata={"Software": None})
    return path
