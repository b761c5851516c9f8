"""What came out of checking whole answers: figures, failures for people, JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from finq_local.evaluation.answers import Judgement, cited
from finq_local.evaluation.metrics import mean, percentile


def figures(judgements: Sequence[Judgement], *, latency: bool) -> dict[str, float]:
    """By key: counts, and shares from 0 to 1."""
    failed = Counter(check for one in judgements for check in {failure.check for failure in one.failures})
    refusals = [one for one in judgements if one.refusal_asked]
    asked_for = [one for one in judgements if not one.refusal_asked]
    found: dict[str, float] = {
        "answers": len(judgements),
        "without_failure": mean([not one.failures for one in judgements]),
        "correct_refusals": mean([not one.failures for one in refusals]),
        "retrieves_relevant": mean([one.retrieves_relevant for one in asked_for]),
        "cites_relevant_where_retrieved": mean([one.cites_relevant for one in asked_for if one.retrieves_relevant]),
        "with_dropped_links": sum(one.answered.dropped > 0 for one in judgements),
        **{f"failed_{check.replace(' ', '_')}": count for check, count in sorted(failed.items())},
    }
    if latency:
        milliseconds = [one.answered.seconds * 1000 for one in judgements]
        found |= {"p50_ms": percentile(milliseconds, 0.5), "p99_ms": percentile(milliseconds, 0.99)}
    return {key: round(value, 4) for key, value in found.items()}


def table(judgements: Sequence[Judgement], *, latency: bool) -> Table:
    """The figures for a terminal."""
    shown = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for key, value in figures(judgements, latency=latency).items():
        shown.add_row(key.replace("_", " "), f"{value:g}")
    return shown


def as_json(judgements: Sequence[Judgement], *, latency: bool) -> str:
    """Figures, and every answer with its text, citations and failures."""
    content: dict[str, Any] = {
        "figures": figures(judgements, latency=latency),
        "answers": [_answer(one, latency=latency) for one in judgements],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def markdown(judgements: Sequence[Judgement], *, latency: bool) -> str:
    """Figures, and the answers that failed, whole."""
    parts = ["# Answers", "| figure | value |\n| --- | --- |"]
    parts[-1] += "".join(
        f"\n| {key.replace('_', ' ')} | {value:g} |" for key, value in figures(judgements, latency=latency).items()
    )
    for one in judgements:
        if one.failures:
            reasons = "\n".join(f"- {failure.check}: {failure.reason}" for failure in one.failures)
            quoted = "\n".join(f"> {line}".rstrip() for line in one.answered.text.splitlines())
            parts.append(f"## {one.question.id} ({one.question.type}): {one.question.query}\n\n{reasons}\n\n{quoted}")
    return "\n\n".join(parts) + "\n"


def _answer(one: Judgement, *, latency: bool) -> dict[str, Any]:
    return {
        "id": one.question.id,
        "type": one.question.type,
        "query": one.question.query,
        "failures": [{"check": failure.check, "reason": failure.reason} for failure in one.failures],
        "cites_relevant": one.cites_relevant,
        "cited": cited(one.answered.text),
        "retrieved": [{"id": card.id, "name": card.name, "verdict": card.verdict} for card in one.answered.cards],
        "dropped_links": one.answered.dropped,
        "text": one.answered.text,
        **({"ms": round(one.answered.seconds * 1000, 1)} if latency else {}),
    }
