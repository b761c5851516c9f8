"""`finq eval`: judged questions over the stack's policies, or over a corpus of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finq_local.cli.terminal import command, err, notice, out, running_stack
from finq_local.stack.service import StackError

if TYPE_CHECKING:
    from finq_local.evaluation.answers import Judgement
    from finq_local.evaluation.corpus import Corpus, StoreName
    from finq_local.evaluation.questions import JudgedQuestion
    from finq_local.evaluation.report import Heading
    from finq_local.evaluation.run import Evaluation


class Store(StrEnum):
    """Which vector store to search in."""

    MILVUS = "milvus"
    PGVECTOR = "pgvector"
    BOTH = "both"

    @property
    def names(self) -> "tuple[StoreName, ...]":
        """The stores meant."""
        match self:
            case Store.MILVUS:
                return ("milvus",)
            case Store.PGVECTOR:
                return ("pgvector",)
            case _:
                return ("milvus", "pgvector")


class Constraints(StrEnum):
    """Who says what a question states."""

    STATED = "stated"
    GIVEN = "given"
    NONE = "none"


Questions = Annotated[list[Path], typer.Argument(help="Files of judged questions, one JSON object a line.")]
CorpusOption = Annotated[
    list[Path] | None,
    typer.Option("--corpus", help="A folder or file of records to load for this alone, without a stack; repeatable."),
]
Configurations = Annotated[
    list[str] | None,
    typer.Option("--configuration", "-c", help="dense, lexical, fused, fused + rerank, final, post-filter; all."),
]
StoreOption = Annotated[Store, typer.Option(help="Where `final` searches.")]
ConstraintsOption = Annotated[
    Constraints,
    typer.Option(help="Age, region …: `stated` as FinQ reads the question, `given` by the file, `none`."),
]
AnyStatus = Annotated[
    bool,
    typer.Option("--any-status/--not-closed", help="Look among closed policies too, as the questions' judges did."),
]
Today = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the question (--corpus only).")]
Profiles = Annotated[int, typer.Option(min=0, help="Measure eligible recall over so many generated people as well.")]
Distractors = Annotated[
    int | None, typer.Option(min=0, help="Add the sample and so many generated records (--corpus only).")
]
Latency = Annotated[bool, typer.Option("--latency/--no-latency", help="Without, the output is the same every time.")]
Misses = Annotated[bool, typer.Option("--misses/--no-misses", help="List what `final` missed, and why.")]
Folder = Annotated[Path | None, typer.Option("--out", help="Write report.md, report.json and report.png there.")]
Json = Annotated[bool, typer.Option("--json", help="Print the JSON report instead of the table.")]
Answers = Annotated[
    bool,
    typer.Option("--answers", help="Ask the agents and check whole answers instead; also answers.md, answers.json."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval")(evaluate)


@command
def evaluate(
    questions: Questions,
    *,
    corpus: CorpusOption = None,
    configuration: Configurations = None,
    store: StoreOption = Store.PGVECTOR,
    constraints: ConstraintsOption = Constraints.STATED,
    any_status: AnyStatus = True,
    today: Today = None,
    profiles: Profiles = 0,
    distractors: Distractors = None,
    latency: Latency = True,
    misses: Misses = True,
    folder: Folder = None,
    as_json: Json = False,
    answers: Answers = False,
) -> None:
    """Measure how well policies are found, several ways to search side by side; or check whole answers."""
    from finq.errors import FinqError  # noqa: PLC0415
    from finq_local.evaluation import asking, run  # noqa: PLC0415
    from finq_local.evaluation.configurations import NAMES  # noqa: PLC0415
    from finq_local.evaluation.profiles import people  # noqa: PLC0415
    from finq_local.evaluation.questions import read_questions  # noqa: PLC0415
    from finq_local.evaluation.report import Heading  # noqa: PLC0415

    names = configuration or NAMES
    if strange := [name for name in names if name not in NAMES]:
        raise StackError(f"There is no configuration {strange[0]!r}. Choose of: {', '.join(NAMES)}")
    judged = read_questions(questions)
    try:
        with (
            _log_on_stderr(),
            err.status("loading …") as status,
            _corpus(corpus, store, today, distractors, status.update) as loaded,
        ):
            if answers:
                judgements = _judge(loaded, judged, status.update)
            else:
                asked = asking.ask_all(judged, constraints.value, loaded.today, any_status=any_status)
                evaluation = run.evaluate(loaded, names, asked, people(profiles, loaded.today), status.update)
            heading = Heading(
                tuple(path.name for path in questions),
                _named(corpus, distractors),
                len(loaded.policies),
                constraints.value,
                any_status,
                loaded.today.isoformat(),
                profiles,
                latency,
            )
    except FinqError as error:
        raise StackError(f"A component failed while evaluating: {type(error).__name__}. {error}") from error
    if answers:
        _show_answers(judgements, folder, latency=latency, as_json=as_json)
    else:
        _show_retrieval(heading, evaluation, folder, as_json=as_json, misses=misses)


@contextmanager
def _log_on_stderr() -> Iterator[None]:
    """The product's own log must not stand between the lines of a report."""
    from logging import StreamHandler  # noqa: PLC0415

    from finq.observability import logger  # noqa: PLC0415

    handler, level = logger.registered_handler, logger.log_level
    if not isinstance(handler, StreamHandler):
        yield
        return
    before, handler.stream = handler.stream, sys.stderr
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        handler.stream = before
        logger.setLevel(level)


def _judge(loaded: "Corpus", judged: "list[JudgedQuestion]", tell: Callable[[str], None]) -> "list[Judgement]":
    from finq_local.evaluation.answers import judge  # noqa: PLC0415
    from finq_local.evaluation.chat import assistant  # noqa: PLC0415

    judgements = []
    with assistant(loaded) as ask:
        for number, question in enumerate(judged, start=1):
            tell(f"answer {number} of {len(judged)}")
            judgements.append(judge(question, ask(question), loaded.policies))
    return judgements


def _show_answers(judgements: "list[Judgement]", folder: Path | None, *, latency: bool, as_json: bool) -> None:
    from finq_local.evaluation import answers_report as report  # noqa: PLC0415

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "answers.md").write_text(report.markdown(judgements, latency=latency), encoding="utf-8")
        (folder / "answers.json").write_text(report.as_json(judgements, latency=latency), encoding="utf-8")
        notice(f"Written to {folder}: answers.md, answers.json")
    if as_json:
        print(report.as_json(judgements, latency=latency), end="")  # noqa: T201
        return
    for one in judgements:
        if one.failures:
            out.print(f"{one.question.id} ({one.question.type}) {one.question.query}", style="bold", markup=False)
            for failure in one.failures:
                out.print(f"  {failure.check}: {failure.reason}", style="red", markup=False)
            out.print(one.answered.text + "\n", style="dim", markup=False)
    out.print(report.table(judgements, latency=latency))


def _show_retrieval(
    heading: "Heading", evaluation: "Evaluation", folder: Path | None, *, as_json: bool, misses: bool
) -> None:
    from finq_local.evaluation import report  # noqa: PLC0415

    if evaluation.unknown:
        first = next(iter(evaluation.unknown.items()))
        notice(
            f"{len(evaluation.unknown)} questions name policies that the corpus lacks,"
            f" e.g. {first[0]}: {', '.join(first[1])}"
        )
    if folder:
        _write(folder, heading, evaluation)
    if as_json:
        print(report.as_json(heading, evaluation), end="")  # noqa: T201
        return
    out.print(report.table(heading, evaluation))
    if misses:
        _show_misses(evaluation)


def _corpus(
    sources: list[Path] | None,
    store: Store,
    today: datetime | None,
    distractors: int | None,
    tell: Callable[[str], None],
) -> "AbstractContextManager[Corpus]":
    from finq_local.evaluation import corpus  # noqa: PLC0415
    from finq_local.generate import REFERENCE_DAY  # noqa: PLC0415

    if sources:
        return corpus.throw_away(sources, today.date() if today else REFERENCE_DAY, store.names, distractors, tell)
    if distractors is not None or today:
        raise StackError("--distractors and --today need a corpus of its own: --corpus FILE")
    return corpus.running(running_stack(), store.names)


def _named(sources: list[Path] | None, distractors: int | None) -> str:
    named = ", ".join(source.name for source in sources) if sources else "the running stack"
    return named if distractors is None else f"{named}, the sample and {distractors} generated records"


def _write(folder: Path, heading: "Heading", evaluation: "Evaluation") -> None:
    from finq_local.evaluation import plot, report  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    image = plot.draw(evaluation, folder / "report.png")
    (folder / "report.md").write_text(
        report.markdown(heading, evaluation, image.name if image else None), encoding="utf-8"
    )
    (folder / "report.json").write_text(report.as_json(heading, evaluation), encoding="utf-8")
    if image is None:
        notice("matplotlib is not installed, so there is no plot.")
    notice(f"Written to {folder}: report.md, report.json{', report.png' if image else ''}")


def _show_misses(evaluation: "Evaluation") -> None:
    from finq_local.evaluation import report  # noqa: PLC0415

    if (final := report.product(evaluation)) is not None:
        out.print(f"\nmisses of {final.configuration.name}: {len(final.misses)}")
        for miss in final.misses:
            out.print(f"  {report.describe(miss)}", markup=False, soft_wrap=True)
