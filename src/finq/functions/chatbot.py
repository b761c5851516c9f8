"""finkurn-chatbot: answers one message; see `finq.chats.answering`."""

# ruff: noqa: E402
from typing import Any

from finq.agents import loading

loading.prepare()

from aws_lambda_powertools.utilities.typing import LambdaContext

from finq.agents.assistant import build_assistant
from finq.chats.answering import Answering, as_json
from finq.chats.invoke import Run
from finq.chats.push import pusher
from finq.database import Database, conninfo_from_settings, database
from finq.observability import logger
from finq.policies.embedding import TitanEmbedder
from finq.policies.search import PolicySearch
from finq.policies.vectors import open_store
from finq.settings import EmbeddingSettings, ModelSettings, VectorSettings, WebSearchSettings, load

# Built while Lambda initialises the process, where the CPU is free; connections are opened by the first answer.
assistant = build_assistant(
    PolicySearch(open_store(load(VectorSettings), database), database, TitanEmbedder(load(EmbeddingSettings))),
    load(ModelSettings),
    load(WebSearchSettings),
)
answering = Answering(assistant, Database(conninfo_from_settings), pusher())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`finq.chats.invoke.Run` -> `{"answer_id", "state", "message_id"}`; state null: not this run's to answer."""
    seconds_left = context.get_remaining_time_in_millis() / 1000
    return as_json(answering.answer(Run.model_validate(event), seconds_left))
