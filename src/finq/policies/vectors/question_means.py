"""What all questions have in common in one model's space. Functions take a connection inside a transaction.

Embedding models put all texts of a kind into a narrow cone (Mu and Viswanath, All-but-the-Top, 2018): much of a
question's vector says only that it is a question, and policies that are near to every question win over the one that
answers this one. Less of what typical questions share, and what is asked for counts more. How much that is depends on
the model, so the loader has them embedded by each.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from finq.database import Connection


@cache
def typical_questions() -> tuple[str, ...]:
    """Questions over all kinds of support and ways of asking."""
    lines = files("finq.policies").joinpath("typical_questions.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def _questions_hash() -> str:
    return hashlib.sha256("\n".join(typical_questions()).encode()).hexdigest()[:32]


def mean(connection: Connection, model_id: str) -> Sequence[float] | None:
    """The mean of their vectors, shorter than a unit vector; None until the loader has made it for this model."""
    row = connection.execute("SELECT mean FROM question_means WHERE model_id = %s", [model_id]).fetchone()
    return row["mean"] if row else None


def is_current(connection: Connection, model_id: str) -> bool:
    """Whether it is there, and of the questions as they are now."""
    row = connection.execute("SELECT questions_hash FROM question_means WHERE model_id = %s", [model_id]).fetchone()
    return row is not None and row["questions_hash"] == _questions_hash()


def write(connection: Connection, model_id: str, vectors: Sequence[Sequence[float]]) -> None:
    """Store the mean of what `model_id` made of the typical questions, which must not be empty."""
    connection.execute(
        "INSERT INTO question_means (model_id, questions_hash, mean) VALUES (%s, %s, %s)"
        " ON CONFLICT (model_id) DO UPDATE"
        " SET (questions_hash, mean, updated_at) = (excluded.questions_hash, excluded.mean, now())",
        [model_id, _questions_hash(), [sum(parts) / len(vectors) for parts in zip(*vectors, strict=True)]],
    )


def forget(connection: Connection, model_id: str) -> None:
    """Drop that of a model which no search reads any more."""
    connection.execute("DELETE FROM question_means WHERE model_id = %s", [model_id])
