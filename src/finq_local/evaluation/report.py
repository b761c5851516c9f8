"""An evaluation as tables for a terminal, as Markdown, and as JSON for programs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from finq_local.evaluation.metrics import percentile
from finq_local.evaluation.misses import Miss, understood
from finq_local.evaluation.run import Evaluation, Outcome, eligible_recall, full_answers

PRODUCT = "final"


@dataclass(frozen=True)
class Column:
    """A figure of a configuration; None where it was not measured."""

    title: str
    key: str
    value: Callable[[Outcome], float | None]
    form: str = ".3f"


def _people(measure: Callable[[Sequence[Any]], float]) -> Callable[[Outcome], float | None]:
    return lambda outcome: measure(outcome.people) if outcome.people else None


def _milliseconds(share: float) -> Callable[[Outcome], float | None]:
    return lambda outcome: percentile([answer.seconds * 1000 for answer in (*outcome.answers, *outcome.people)], share)


QUALITY = (
    Column("recall@1", "recall_at_1", lambda outcome: outcome.mean("recall_at_1")),
    Column("recall@5", "recall_at_5", lambda outcome: outcome.mean("recall_at_5")),
    Column("recall@10", "recall_at_10", lambda outcome: outcome.mean("recall_at_10")),
    Column("nDCG@10", "ndcg_at_10", lambda outcome: outcome.mean("ndcg_at_10")),
    Column("MRR", "mrr", lambda outcome: outcome.mean("reciprocal_rank")),
    Column("P@1", "precision_at_1", lambda outcome: outcome.mean("precision_at_1")),
    Column("P@5", "precision_at_5", lambda outcome: outcome.mean("precision_at_5")),
    Column("ineligible@5", "ineligible_at_5", lambda outcome: outcome.ineligible, "d"),
    Column("eligible recall@5", "eligible_recall_at_5", lambda outcome: eligible_recall(outcome.answers)),
    Column("5 of ≥ 5", "full_answers", lambda outcome: full_answers(outcome.answers)),
)
PROFILES = (
    Column("eligible recall@5 (profiles)", "profiles_eligible_recall_at_5", _people(eligible_recall)),
    Column("5 of ≥ 5 (profiles)", "profiles_full_answers", _people(full_answers)),
)
LATENCY = (
    Column("p50 ms", "search_p50_ms", _milliseconds(0.5), ".1f"),
    Column("p99 ms", "search_p99_ms", _milliseconds(0.99), ".1f"),
)


@dataclass(frozen=True)
class Heading:
    """What was evaluated, for the top of a report."""

    questions: tuple[str, ...]
    corpus: str
    policies: int
    constraints: str
    any_status: bool
    today: str
    people: int
    latency: bool

    def columns(self) -> tuple[Column, ...]:
        """What is shown of each configuration."""
        return (*QUALITY, *(PROFILES if self.people else ()), *(LATENCY if self.latency else ()))


def table(heading: Heading, evaluation: Evaluation) -> Table:
    """For a terminal: a row a measure, since there are more of them than configurations."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("", no_wrap=True)
    for outcome in evaluation.outcomes:
        name = outcome.configuration.name
        shown.add_column(name, justify="right", style="bold" if name.startswith(PRODUCT) else "", no_wrap=True)
    for column in heading.columns():
        shown.add_row(column.title, *(_cell(column, outcome) for outcome in evaluation.outcomes))
    return shown


def markdown(heading: Heading, evaluation: Evaluation, plot: str | None = None) -> str:
    """The whole report; `plot` is the name of an image beside it."""
    columns = heading.columns()
    rows = [
        [outcome.configuration.name, *(_cell(column, outcome) for column in columns)] for outcome in evaluation.outcomes
    ]
    parts = [
        "# Retrieval evaluation",
        "\n".join(f"- {line}" for line in _facts(heading, evaluation)),
        _markdown_table(["configuration", *(column.title for column in columns)], rows),
    ]
    if plot:
        parts.append(f"![Recall, nDCG and precision by configuration]({plot})")
    if (final := product(evaluation)) is not None:
        parts += [f"## Misses of {final.configuration.name}", _markdown_misses(final.misses)]
    return "\n\n".join(parts) + "\n"


def product(evaluation: Evaluation) -> Outcome | None:
    """The first outcome of the product itself; its stores miss the same."""
    return next((one for one in evaluation.outcomes if one.configuration.name.startswith(PRODUCT)), None)


def as_json(heading: Heading, evaluation: Evaluation) -> str:
    """Everything, question by question; the same bytes for the same evaluation, latencies aside."""
    content: dict[str, Any] = {
        "heading": asdict(heading),
        "unknown_policies": dict(evaluation.unknown),
        "configurations": [_outcome(heading, outcome) for outcome in evaluation.outcomes],
    }
    if heading.latency:
        content["embedding_ms"] = _embedding(evaluation)
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def figures(heading: Heading, outcome: Outcome) -> dict[str, float]:
    """The table's row by key."""
    values = {column.key: column.value(outcome) for column in heading.columns()}
    return {key: round(value, 4) for key, value in values.items() if value is not None}


def describe(miss: Miss) -> str:
    """A miss in one line."""
    place = f"at {miss.rank}" if miss.rank else "not found"
    instead = f"; before it: {', '.join(miss.instead)}" if miss.instead else ""
    return (
        f"{miss.question_id} {miss.query!r}: {miss.name or miss.policy_id} {place}, {miss.kind}: {miss.reason}{instead}"
    )


def _outcome(heading: Heading, outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.configuration.name,
        "about": outcome.configuration.about,
        "figures": figures(heading, outcome),
        "misses": [asdict(miss) for miss in outcome.misses],
        "questions": [
            {
                "id": result.asked.question.id,
                "understood": understood(result.asked.policy_filter.applicant),
                "stated": understood(result.asked.question.constraints.put_over(result.asked.question.profile)),
                "ranking": [{"id": item.policy_id, "score": round(item.score, 4)} for item in result.ranking],
                "ineligible_at_5": result.ineligible_at_5,
                **({} if result.scores is None else {k: round(v, 4) for k, v in asdict(result.scores).items()}),
            }
            for result in outcome.results
        ],
    }


def _embedding(evaluation: Evaluation) -> dict[str, float]:
    milliseconds = [seconds * 1000 for seconds in evaluation.embedding_seconds]
    return {name: round(percentile(milliseconds, share), 1) for name, share in (("p50", 0.5), ("p99", 0.99))}


def _facts(heading: Heading, evaluation: Evaluation) -> list[str]:
    results = evaluation.outcomes[0].results if evaluation.outcomes else ()
    scored = sum(result.scores is not None for result in results)
    facts = [
        f"questions: {', '.join(heading.questions)}: {len(results)}, {scored} of them with something to find",
        f"corpus: {heading.corpus}: {heading.policies:,} policies",
        f"constraints: {heading.constraints}; application window {'ignored' if heading.any_status else 'heeded'}"
        f" ({heading.today})",
    ]
    if heading.people:
        facts.append(f"generated profiles: {heading.people}, closed policies left out")
    if heading.latency:
        spent = _embedding(evaluation)
        facts.append(f"embedding of a question, p50 / p99: {spent['p50']} / {spent['p99']} ms, not part of the table")
    if evaluation.unknown:
        facts.append(f"judged policies missing from the corpus: {sum(map(len, evaluation.unknown.values()))}")
    return facts


def _cell(column: Column, outcome: Outcome) -> str:
    value = column.value(outcome)
    return "–" if value is None else format(value, column.form)


def _markdown_misses(misses: Sequence[Miss]) -> str:
    if not misses:
        return "None."
    rows = [
        [
            miss.question_id,
            miss.query,
            miss.name or miss.policy_id,
            str(miss.rank or "–"),
            f"{miss.kind}: {miss.reason}",
            ", ".join(miss.instead),
        ]
        for miss in misses
    ]
    return _markdown_table(["id", "question", "relevant policy", "place", "why", "before it"], rows)


def _markdown_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )
