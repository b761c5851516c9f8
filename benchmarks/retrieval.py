"""How well policies are found: the evaluation of `finq eval`, over each corpus that is at hand.

Figures are means over questions, so other programs on the machine do not change them; the latencies are reported only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure
from finq_local import sample
from finq_local.evaluation import asking, report
from finq_local.evaluation.configurations import NAMES
from finq_local.evaluation.corpus import throw_away
from finq_local.evaluation.profiles import people
from finq_local.evaluation.questions import read_questions
from finq_local.evaluation.run import Outcome, evaluate
from finq_local.generate import REFERENCE_DAY
from finq_local.stack.layout import PROJECT

PROFILES = 200
REAL = PROJECT.parent / "shared" / "data"  # real records are kept beside the project, never in it
QUESTIONS = Path(__file__).parent / "questions"
BARS = {"recall_at_5": 0.98, "ndcg_at_10": 0.96, "precision_at_1": 0.94}
EXACT = ("eligible_recall_at_5", "full_answers", "profiles_eligible_recall_at_5", "profiles_full_answers")


@dataclass(frozen=True)
class Trial:
    """A corpus, and the files of questions that were judged against it; only `held_out` ones have bars."""

    name: str
    corpus: Path
    questions: Path
    held_out: bool = False


def trials() -> list[Trial]:
    """Those whose files are there."""
    real = REAL / "policies_sample.jsonl"
    known = [
        Trial("sample", sample.SAMPLE_FILE, sample.SAMPLE_FILE.with_name("questions.jsonl")),
        Trial("queries_dev", real, REAL / "queries_dev.jsonl"),
        Trial("dev", real, QUESTIONS / "dev.jsonl"),
        Trial("held_out", real, QUESTIONS / "held_out.jsonl", held_out=True),
    ]
    return [trial for trial in known if trial.corpus.exists() and trial.questions.exists()]


def run_trials(corpus: Path, chosen: list[Trial]) -> Iterator[Figure]:
    """Every configuration over the questions of one corpus, which is loaded once."""
    with throw_away([corpus], REFERENCE_DAY, ("pgvector", "milvus")) as loaded:
        for number, trial in enumerate(chosen):
            asked = asking.ask_all(read_questions([trial.questions]), "stated", loaded.today, any_status=True)
            # The generated people depend on the corpus alone.
            crowd = people(PROFILES, loaded.today) if number == 0 else []
            evaluation = evaluate(loaded, NAMES, asked, crowd)
            heading = report.Heading(
                questions=(trial.questions.name,),
                corpus=corpus.name,
                policies=len(loaded.policies),
                constraints="stated",
                any_status=True,
                today=loaded.today.isoformat(),
                people=len(crowd),
                latency=True,
            )
            for outcome in evaluation.outcomes:
                yield from _figures(trial, heading, outcome)


def _figures(trial: Trial, heading: report.Heading, outcome: Outcome) -> Iterator[Figure]:
    name = outcome.configuration.name
    product = name.startswith(report.PRODUCT)
    for key, value in report.figures(heading, outcome).items():
        bar = BARS.get(key) if trial.held_out else None
        if key in EXACT:
            bar = 1.0
        unit = "ms" if key.endswith("_ms") else "policies" if key == "ineligible_at_5" else "ratio"
        figure = f"retrieval.{trial.name}.{name.replace(' (', '.').rstrip(')')}.{key}"
        yield Figure(figure, value, unit, bar=bar if product else None, at_least=True)


def run() -> Iterator[Figure]:
    """All trials, those of one corpus together."""
    by_corpus: dict[Path, list[Trial]] = {}
    for trial in trials():
        by_corpus.setdefault(trial.corpus, []).append(trial)
    for corpus, chosen in by_corpus.items():
        yield from run_trials(corpus, chosen)
