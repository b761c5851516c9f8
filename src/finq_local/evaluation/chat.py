"""Asks the agents themselves, in this process, over a corpus."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

from finq import aws
from finq.agents.assistant import build_assistant
from finq.agents.conversation import Question, Stage
from finq.errors import FinqError
from finq.policies.card import PolicyCard
from finq.policies.search import PolicySearch
from finq.settings import ModelSettings, WebSearchSettings
from finq_local.evaluation.answers import Answered
from finq_local.evaluation.corpus import Corpus
from finq_local.evaluation.questions import JudgedQuestion
from finq_local.stack import emulator

Ask = Callable[[JudgedQuestion], Answered]
_NOWHERE = "http://127.0.0.1:9"  # of web search: answers must come from records


class _Silent:
    """A listener that waits for the whole answer."""

    def stage(self, stage: Stage) -> None: ...

    def sources(self, cards: Sequence[PolicyCard]) -> None: ...

    def text(self, text: str) -> None: ...


@contextmanager
def assistant(corpus: Corpus) -> Iterator[Ask]:
    """A function that asks the agents, the models being whoever serves the corpus' endpoint."""
    with _environment(_variables(corpus)):
        store = next(iter(corpus.stores.values()))
        search = PolicySearch(store, corpus.database, corpus.embedder)
        agents = build_assistant(search, ModelSettings(), WebSearchSettings(url=_NOWHERE))

        def ask(question: JudgedQuestion) -> Answered:
            began = perf_counter()
            try:
                reply = agents.answer(Question(question.query, corpus.today, question.profile), _Silent())
            except FinqError as error:
                seconds = perf_counter() - began
                return Answered("", (), 0, question.profile, corpus.today, seconds, error.code)
            seconds = perf_counter() - began
            dropped = int(reply.grounding.get("rejected_citations", 0))
            return Answered(reply.text, reply.cards, dropped, question.profile, corpus.today, seconds)

        yield ask


def _variables(corpus: Corpus) -> dict[str, str]:
    if corpus.bedrock is None:
        return {}
    return {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": corpus.bedrock,
        "AWS_REGION": emulator.REGION,
        "AWS_DEFAULT_REGION": emulator.REGION,
        "AWS_ACCESS_KEY_ID": emulator.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": emulator.SECRET_ACCESS_KEY,
    }


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The variables set while the block runs; boto3 finds endpoints and credentials by them alone."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    aws.client.cache_clear()
    try:
        yield
    finally:
        aws.client.cache_clear()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
