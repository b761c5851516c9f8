"""The port between Titan's protocol and an embedding model."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Embedding:
    """`vector`: the model's own length, float32, of unit length; `tokens`: what the text counted."""

    vector: NDArray[np.float32]
    tokens: int


class Embedder(Protocol):
    """Turns a text into a vector."""

    name: str  # tells caches of different models apart

    async def embed(self, text: str) -> Embedding:
        """Raises ServiceError where the model does not answer."""
        ...
