"""One evaluation: every configuration over every question, measured in the same way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from finq.policies.embedding import query_text
from finq.policies.filters import PolicyFilter, verdict_if_passing
from finq_local.evaluation import metrics
from finq_local.evaluation.asking import Asked
from finq_local.evaluation.configurations import ANSWERED, Configuration, Ranked, build
from finq_local.evaluation.corpus import Corpus, TimedEmbedder
from finq_local.evaluation.metrics import Scores
from finq_local.evaluation.misses import Miss, explain
from finq_local.evaluation.profiles import Person
from finq_local.evaluation.questions import unknown_policies

DEPTH = 10  # of the rankings that are scored


@dataclass(frozen=True)
class Answer:
    """What one search of `ANSWERED` policies gave.

    Attributes:
        passing: of them, policies that the person may get.
        eligible: policies of the whole corpus that the person may get.
        best: how many the best answer holds, found by looking at every policy.
        reached: how many of that best answer were found, by score.
        seconds: of the search, the question being embedded already.
    """

    passing: int
    eligible: int
    best: int
    reached: int
    seconds: float


@dataclass(frozen=True)
class Result:
    """One question through one configuration; `scores` is None where nothing is to be found."""

    asked: Asked
    answer: Answer
    ranking: tuple[Ranked, ...]
    ineligible_at_5: int
    scores: Scores | None


@dataclass(frozen=True)
class Outcome:
    """One configuration: its questions, the generated people's answers, and why it missed what it missed."""

    configuration: Configuration
    results: tuple[Result, ...]
    people: tuple[Answer, ...]
    misses: tuple[Miss, ...]

    def mean(self, measure: str) -> float:
        """Mean of a field of `Scores` over the questions that have something to find."""
        return metrics.mean([getattr(result.scores, measure) for result in self.results if result.scores])

    @property
    def ineligible(self) -> int:
        """Policies among the first five that a judge ruled out for the person asking, over all questions."""
        return sum(result.ineligible_at_5 for result in self.results)

    @property
    def answers(self) -> list[Answer]:
        """Of the questions."""
        return [result.answer for result in self.results]


@dataclass(frozen=True)
class Evaluation:
    """Everything measured.

    Attributes:
        embedding_seconds: of each text that was embedded, of questions and of what they ask for.
        unknown: judged policies that the corpus lacks, by question id.
    """

    outcomes: tuple[Outcome, ...]
    embedding_seconds: tuple[float, ...]
    unknown: Mapping[str, Sequence[str]]


def eligible_recall(answers: Sequence[Answer]) -> float:
    """Share of the best answers' policies that were found; 1 where there was none to find."""
    best = sum(answer.best for answer in answers)
    return sum(answer.reached for answer in answers) / best if best else 1.0


def full_answers(answers: Sequence[Answer]) -> float:
    """Share of answers that hold five policies for the person, of those for which five exist."""
    could = [answer for answer in answers if answer.eligible >= ANSWERED]
    return metrics.mean([answer.passing >= ANSWERED for answer in could]) if could else 1.0


def evaluate(
    corpus: Corpus,
    names: Sequence[str],
    asked: Sequence[Asked],
    people: Sequence[Person],
    tell: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Run the named configurations over all questions and people; `tell` hears how far it is.

    Raises:
        ServiceUnavailable: a component went away.
    """
    embedder = TimedEmbedder(corpus.embedder)
    tell("embedding the questions")
    for text in [*(one.question.query for one in asked), *(person.text for person in people)]:
        embedder.embed(query_text(text))
    passing = _counter(corpus)
    outcomes = []
    for configuration in build(corpus, names, embedder):
        # Untimed: the first search builds what the later ones use.
        configuration.rank(asked[0].question.query, asked[0].policy_filter, ANSWERED)
        results = []
        for number, one in enumerate(asked, start=1):
            tell(f"{configuration.name}: question {number} of {len(asked)}")
            results.append(_question(configuration, one, passing))
        answers = []
        for number, person in enumerate(people, start=1):
            tell(f"{configuration.name}: profile {number} of {len(people)}")
            answers.append(_answer(configuration, person.text, person.policy_filter, passing)[0])
        misses = [miss for result in results for miss in explain(corpus, configuration, result.asked, result.ranking)]
        outcomes.append(Outcome(configuration, tuple(results), tuple(answers), tuple(misses)))
    return Evaluation(
        tuple(outcomes),
        tuple(embedder.seconds),
        unknown_policies([one.question for one in asked], corpus.policies),
    )


Passing = Callable[[PolicyFilter], frozenset[str]]


def _counter(corpus: Corpus) -> Passing:
    @cache
    def passing(policy_filter: PolicyFilter) -> frozenset[str]:
        return frozenset(id_ for id_, policy in corpus.policies.items() if verdict_if_passing(policy, policy_filter))

    return passing


def _question(configuration: Configuration, asked: Asked, passing: Passing) -> Result:
    question = asked.question
    answer, shown = _answer(configuration, question.query, asked.policy_filter, passing)
    # Deep enough to hold ten after the neutral ones are dropped.
    ranking = configuration.rank(question.query, asked.policy_filter, DEPTH + len(question.also_ok))
    ids = [item.policy_id for item in ranking]
    return Result(
        asked,
        answer,
        tuple(ranking),
        metrics.among_first([item.policy_id for item in shown], question.ineligible, ANSWERED),
        metrics.score(ids, question.relevant, question.also_ok) if question.scored else None,
    )


def _answer(
    configuration: Configuration, text: str, policy_filter: PolicyFilter, passing: Passing
) -> tuple[Answer, list[Ranked]]:
    began = perf_counter()
    found = configuration.rank(text, policy_filter, ANSWERED)
    seconds = perf_counter() - began
    whole = configuration.exact == configuration.rank
    best = found if whole else configuration.exact(text, policy_filter, ANSWERED)
    eligible = passing(policy_filter)
    own, wanted = ([item.score for item in items if item.policy_id in eligible] for items in (found, best))
    reached = metrics.found_of_best(own, wanted)
    return Answer(len(own), len(eligible), len(wanted), reached, seconds), found
