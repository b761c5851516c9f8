"""Search by meaning and words among the policies that one person may get."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from psycopg import sql

from finq import clock
from finq.database import Connection, Database
from finq.errors import ServiceUnavailable
from finq.policies import regions, repository
from finq.policies.eligibility import Verdict, assess
from finq.policies.embedding import Embedder, query_text
from finq.policies.filters import PolicyFilter, conditions
from finq.policies.model import Policy
from finq.policies.programmes import programme
from finq.policies.ranking import Candidate, ranked
from finq.policies.understanding import understand
from finq.policies.understanding.lexicon import official_terms
from finq.policies.vectors.port import QueryVector, VectorStore, VectorStoreUnavailable
from finq.policies.vectors.questions import QuestionEmbedder

CANDIDATES = 40  # put in order for one answer: more cost time and find nothing more, see docs/evaluation.md
_QUESTION_AND_WANTED = (0.6, 0.4)
_ELSEWHERE = 2  # hits beyond the limit for places where the person does not live
_SPARE = 8  # a store's filter may be coarser than the rule

# The filter again, exactly: what a store proposes may have changed since it was indexed.
_CANDIDATES = sql.SQL("""
SELECT p.id, p.name, p.nationwide, p.local_to, p.region_codes, p.counted_words
  FROM policy_limits l JOIN youth_policies p ON p.id = l.policy_id
 WHERE l.policy_id = ANY(%(ids)s) AND {conditions}
""")


@dataclass(frozen=True)
class Similar:
    """Another edition of a programme, or the same programme of another region; `score` as of a `Hit`."""

    policy_id: str
    name: str
    region_text: str
    score: float


@dataclass(frozen=True)
class Hit:
    """A policy that passes the filter, and others of its programme that do.

    `score` orders the hits of one search and means nothing beside another search's.
    """

    policy: Policy
    score: float
    verdict: Verdict
    similar: tuple[Similar, ...] = ()


@dataclass(frozen=True)
class Query:
    """A question ready to be searched for.

    `words` are what is asked for, without the person's own age and place, and with what records call it.
    """

    vector: QueryVector
    words: str


@dataclass
class _Found:
    """Candidates by policy id, with what else is known of them."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)  # those that pass for the person where they live


class PolicySearch:
    """The store proposes by meaning; PostgreSQL applies the rule; words and places decide the order."""

    def __init__(self, store: VectorStore, database: Database, embedder: Embedder) -> None:
        self._store = store
        self._database = database
        self._questions = QuestionEmbedder(database, embedder)

    def search(
        self, text: str, policy_filter: PolicyFilter, limit: int = 5, *, places: Sequence[str] = ()
    ) -> list[Hit]:
        """The best policies for `text` among those that pass, best first: `limit` of them if there are so many.

        Raises:
            ModelUnavailable: the embedding model is retired or denied.
            ServiceUnavailable: the model, PostgreSQL or every vector store does not answer.
        """
        return self.nearest(self.embed(text), policy_filter, limit, places=places)

    def embed(self, text: str) -> Query:
        """The question for the index that is active now, for more than one `nearest`.

        Raises:
            ModelUnavailable: the embedding model is retired or denied.
            ServiceUnavailable: the model or PostgreSQL does not answer.
        """
        question = query_text(text)
        wanted = " ".join((understand(question, clock.today()).topic, *official_terms(question)))
        # The place in the question draws its institutions near; without it, what is asked for counts more.
        texts = (question, wanted)[: 1 + (wanted != question)]
        return Query(self._questions.embed(*texts, weights=_QUESTION_AND_WANTED), wanted)

    def nearest(
        self, query: Query, policy_filter: PolicyFilter, limit: int = 5, *, places: Sequence[str] = ()
    ) -> list[Hit]:
        """The same for a question that is embedded already.

        Args:
            places: region codes that the question names beside the person's own. What is on offer there is found
                as well, with the verdict that it has for the person.

        Raises:
            ServiceUnavailable: PostgreSQL or every vector store does not answer.
        """
        wanted = max(limit, CANDIDATES)
        while True:
            found = _Found()
            complete = self._propose_all(query.vector, policy_filter, places, wanted, found)
            chosen = _chosen(query.words, policy_filter.applicant.region_code, places, found, limit)
            if complete or sum(group[0].policy_id in found.own for group in chosen) >= limit:
                return self._hits(chosen, policy_filter)
            wanted *= 2

    def _propose_all(
        self, vector: QueryVector, policy_filter: PolicyFilter, places: Sequence[str], wanted: int, found: _Found
    ) -> bool:
        """Fill `found` with the nearest `wanted` at home and in each place asked about; whether home has no more."""
        home = policy_filter.applicant.region_code
        complete = self._propose(vector, policy_filter, wanted, found)
        found.own.update(found.candidates)
        for place in places if home else ():
            there = replace(policy_filter, applicant=policy_filter.applicant.model_copy(update={"region_code": place}))
            self._propose(vector, there, wanted, found)
        return complete

    def _propose(self, vector: QueryVector, policy_filter: PolicyFilter, wanted: int, found: _Found) -> bool:
        asked = wanted + _SPARE
        while True:
            try:
                matches = self._store.search(vector, policy_filter, asked)
            except VectorStoreUnavailable as error:
                raise ServiceUnavailable from error
            similarity = {match.policy_id: match.score for match in matches}
            rows = self._database.read(partial(_passing, list(similarity), policy_filter))
            complete = len(matches) < asked
            if complete or len(rows) >= wanted:
                break
            asked *= 2
        rows.sort(key=lambda row: (-similarity[row["id"]], row["id"]))
        for row in rows[:wanted]:
            found.names[row["id"]] = row["name"]
            found.candidates[row["id"]] = Candidate(
                row["id"],
                similarity[row["id"]],
                row["counted_words"],
                row["nationwide"],
                row["local_to"],
                tuple(row["region_codes"]),
            )
        return complete and len(rows) <= wanted

    def _hits(self, groups: Sequence[Sequence[Similar]], policy_filter: PolicyFilter) -> list[Hit]:
        ids = [group[0].policy_id for group in groups]
        policies = self._database.read(lambda connection: repository.get_many(connection, ids))
        return [
            Hit(policy, first.score, assess(policy, policy_filter.applicant), tuple(others))
            for first, *others in groups
            if (policy := policies.get(first.policy_id))
        ]


def _passing(ids: list[str], policy_filter: PolicyFilter, connection: Connection) -> list[dict[str, Any]]:
    where, parameters = conditions(policy_filter)
    return connection.execute(_CANDIDATES.format(conditions=where), parameters | {"ids": ids}).fetchall()


def _chosen(words: str, home: str | None, places: Sequence[str], found: _Found, limit: int) -> list[Sequence[Similar]]:
    """`limit` programmes that pass, best first, and among them a few more of the places asked about."""
    ordered = ranked(words, list(found.candidates.values()), [*([home] if home else []), *places])
    chosen: list[Sequence[Similar]] = []
    own = elsewhere = 0
    for group in _programmes(ordered, found):
        if group[0].policy_id in found.own:
            own += 1
        elif elsewhere < _ELSEWHERE:
            elsewhere += 1
        else:
            continue
        chosen.append(group)
        if own == limit:
            break
    return chosen


def _programmes(ordered: Sequence[tuple[str, float]], found: _Found) -> Iterator[list[Similar]]:
    """The ranking with each programme once, where its best stands; of one place's editions, the newest first."""
    groups: dict[str, list[tuple[str, float]]] = {}
    for policy_id, score in ordered:
        name = programme(found.names[policy_id], found.candidates[policy_id].region_codes)
        groups.setdefault(name, []).append((policy_id, score))
    for group in groups.values():
        editions = [_similar(found, policy_id, score) for policy_id, score in group]
        here = [item for item in editions if item.region_text == editions[0].region_text]
        newest = max(here, key=lambda item: item.policy_id)  # ids begin with the date of registration
        yield [newest, *(item for item in editions if item is not newest)]


def _similar(found: _Found, policy_id: str, score: float) -> Similar:
    candidate = found.candidates[policy_id]
    place = regions.describe(candidate.region_codes, candidate.nationwide)
    return Similar(policy_id, found.names[policy_id], place, score)
