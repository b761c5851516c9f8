"""Texts to vectors, many at a time."""

import hashlib
import threading
from array import array
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from finq.policies.embedding import Embedder, Embedding, TextRefused
from finq.policies.etl.pace import Pace

_REMEMBERED = 10_000  # texts whose vectors are kept, 4 KB each
_SURELY_SHORT = 2_000  # characters: under 8,192 tokens in any writing


class EmbeddingPool:
    """Embeds with as many calls at a time as the model bears, `concurrency` at best; an identical text once."""

    def __init__(self, embedder: Embedder, concurrency: int) -> None:
        self.pace = Pace(concurrency)
        self._embedder = embedder
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="embed")
        self._recent: OrderedDict[bytes, Future[Embedding]] = OrderedDict()
        self._counting = threading.Lock()
        self._calls = 0
        self._tokens = 0

    @property
    def calls(self) -> int:
        """Texts that the model has embedded."""
        return self._calls

    @property
    def tokens(self) -> int:
        """What they were billed."""
        return self._tokens

    def submit(self, text: str) -> Future[Embedding]:
        """The vector to come, in single precision. Its errors are those of `TitanEmbedder.embed`, and final.

        To be called from one thread.
        """
        key = hashlib.sha256(text.encode()).digest()
        found = self._recent.get(key)
        if found is None:
            found = self._recent[key] = self._threads.submit(self._embed, text)
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        else:
            self._recent.move_to_end(key)
        return found

    def close(self) -> None:
        """Drop what waits, and let running calls end; they are not made again."""
        self.pace.close()
        self._threads.shutdown(cancel_futures=True)

    def _embed(self, text: str) -> Embedding:
        try:
            made = self.pace.run(lambda: self._embedder.embed(text))
        except TextRefused:
            if len(text) <= _SURELY_SHORT:
                raise
            return self._embed(text[:_SURELY_SHORT])
        with self._counting:
            self._calls += 1
            self._tokens += made.tokens
        return Embedding(array("f", made.vector), made.tokens)
