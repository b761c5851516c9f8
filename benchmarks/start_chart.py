"""Which packages a start's imports take, before and now."""

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_SHOWN = 12
_BEFORE, _NOW = "#bbbbbb", "#4c72b0"


def by_package(importtime: str) -> dict[str, float]:
    """Milliseconds of the modules' own time by package, out of what `-X importtime` wrote."""
    times: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(importtime):
        package = module.partition(".")[0]
        times["Python's own" if package in sys.stdlib_module_names else package] += int(microseconds)
    return {package: total / 1000 for package, total in times.items()}


def draw(starts: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> Path:
    """A PNG of the dearest packages of each function, before and now."""
    figure = Figure(figsize=(12, 9), dpi=110, layout="constrained")
    for axes, (name, (before, now)) in zip(
        figure.subplots(2, (len(starts) + 1) // 2).flat, starts.items(), strict=False
    ):
        packages = sorted(before.keys() | now.keys(), key=lambda one: -max(before.get(one, 0), now.get(one, 0)))[
            :_SHOWN
        ]
        for offset, (times, colour, label) in enumerate(((before, _BEFORE, "before"), (now, _NOW, "now"))):
            places = [row + 0.4 * offset for row in range(len(packages))]
            total = sum(times.values())
            values = [times.get(package, 0) for package in packages]
            bars = axes.barh(places, values, 0.38, color=colour, label=f"{label}: {total:,.0f} ms")
            axes.bar_label(bars, fmt="%.0f", fontsize=6, padding=2)
        axes.set_yticks([row + 0.2 for row in range(len(packages))], packages, fontsize=8)
        axes.invert_yaxis()
        axes.set_title(name)
        axes.set_xlabel("ms of modules' own time under -X importtime")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right", frameon=False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    return path
