"""Random policies and people, and an embedder that needs no model."""

import hashlib
import random
from datetime import date, timedelta

import numpy as np
import pytest

from finq.policies import codes
from finq.policies.eligibility import Applicant
from finq.policies.embedding import Embedding
from finq.policies.model import Period, Policy, RequiredDocument
from finq.settings import VectorSettings

TODAY = date(2026, 11, 22)
PLACES = ("11110", "11140", "26290", "26260", "41110", "41111", "41113", "44210", "44130", "44131", "36110")


class HashEmbedder:
    """A unit vector drawn by the text's hash: the same text always gets the same one."""

    model_id = "hash/1024"

    def __init__(self):
        self.texts = []
        self._made = {}

    def embed(self, text):
        self.texts.append(text)
        if text not in self._made:
            self._made[text] = self._draw(text)
        return self._made[text]

    @staticmethod
    def _draw(text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        vector = np.random.default_rng(seed).standard_normal(1024)
        return Embedding((vector / np.linalg.norm(vector)).tolist(), len(text))


def _some(dice: random.Random, values, most=3):
    values = list(values)
    return tuple(dice.sample(values, dice.randint(1, min(most, len(values))))) if dice.random() < 0.5 else ()


def _period(dice: random.Random) -> Period:
    start = TODAY + timedelta(dice.randint(-60, 60))
    return Period(
        start=start, end=date(9999, 12, 31) if dice.random() < 0.05 else start + timedelta(dice.randint(0, 40))
    )


def random_policy(dice: random.Random, number: int) -> Policy:
    nationwide = dice.random() < 0.3
    return Policy(
        id=f"P{number:05}",
        name=f"정책 {number} '따옴표' %s \\ 표시",
        summary=dice.choice(["", "청년에게\n월세를 지원"]),
        support="월 20만원 · 최대 12개월",
        keywords=_some(dice, ("보조금", "대출", "교육지원")),
        categories=_some(dice, codes.CATEGORIES, 2),
        subcategories=_some(dice, ("취업", "창업")),
        institution="부산광역시",
        min_age=dice.choice([None, 15, 18, 19]),
        max_age=dice.choice([None, 29, 34, 39]),
        age_extension=dice.choice([0, 0, 3]),
        nationwide=nationwide,
        local_to=dice.choice([None, "44", "26290"]) if nationwide else None,
        region_codes=() if nationwide else _some(dice, PLACES),
        employment_codes=_some(dice, [code for code, _ in codes.EMPLOYMENT.values()]),
        education_codes=_some(dice, [code for code, _ in codes.EDUCATION.values()]),
        major_codes=_some(dice, [code for code, _ in codes.MAJOR.values()]),
        special_codes=_some(dice, [code for code, _ in codes.SPECIAL.values()]),
        marital_status=dice.choice([None, None, "married", "single"]),
        income_kind=dice.choice(["any", "any", "annual", "text"]),
        min_income=dice.choice([None, 0, 1200]),
        max_income=dice.choice([None, 3600, 5000]),
        application_kind=dice.choice(["periods", "periods", "always", "institution", "closed", "unknown"]),
        application_periods=tuple(_period(dice) for _ in range(dice.randint(0, 3))),
        business_start=dice.choice([None, date(2026, 1, 1)]),
        reference_urls=_some(dice, ("https://www.gov.kr", "https://youth.seoul.go.kr"), 2),
        documents=tuple(
            RequiredDocument(name=name, note=dice.choice(["", "1부"]), required=dice.choice([None, True, False]))
            for name in _some(dice, ("신분증", "주민등록등본", "통장 사본"))
        ),
        first_come=dice.choice([None, True, False]),
        quota=dice.choice([None, 100]),
        views=dice.randint(0, 50),
        modified_at=dice.choice([None, "2026-05-01 10:00:00", "2026-05-02 10:00:00"]),
        raw={"plcyNo": f"P{number:05}", "nested": [1, {"가": None}]},
    )


def random_applicant(dice: random.Random) -> Applicant:
    def maybe(values):
        return dice.choice(list(values)) if dice.random() < 0.5 else None

    groups = list(codes.SPECIAL)
    return Applicant(
        age=maybe(range(14, 45)),
        maybe_younger=dice.random() < 0.5,
        region_code=maybe([*PLACES, "11", "41", "44", "50"]),
        employment=maybe(codes.EMPLOYMENT),
        education=maybe(codes.EDUCATION),
        marital_status=maybe(["married", "single"]),
        annual_income=maybe(range(0, 6000, 300)),
        median_income_percent=maybe(range(0, 300, 50)),
        major=maybe(codes.MAJOR),
        special=frozenset(dice.sample(groups, dice.randint(0, 2))),
        not_special=frozenset(dice.sample(groups, dice.randint(0, 9))),
        owns_home=maybe([True, False]),
    )


@pytest.fixture
def embedder():
    return HashEmbedder()


@pytest.fixture
def dice():
    return random.Random(20261122)


@pytest.fixture
def make_policies(dice):
    return lambda count: [random_policy(dice, number) for number in range(count)]


@pytest.fixture
def make_applicant(dice):
    return lambda: random_applicant(dice)


@pytest.fixture
def vector_settings(milvus_uri, request):
    """A collection of the test's own."""
    name = "c_" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    return VectorSettings(milvus_uri=milvus_uri, milvus_collection=name)
