from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies import codes, regions
from finq.policies.eligibility import Applicant, age_text, assess, income_text
from finq.policies.model import Policy


def policy(**limits: Any) -> Policy:
    return Policy.model_validate({"id": "1", "name": "정책", "nationwide": True, "raw": {}, **limits})


SEOUL_25 = Applicant(age=25, region_code="11")


@pytest.mark.parametrize(
    ("limits", "applicant", "expected"),
    [
        ({}, Applicant(), "eligible"),
        ({"min_age": 19, "max_age": 34}, SEOUL_25, "eligible"),
        ({"min_age": 19, "max_age": 34}, Applicant(age=35), "not_eligible"),
        ({"min_age": 19, "max_age": 34}, Applicant(), "unknown"),
        ({"nationwide": False, "region_codes": ("26290",)}, SEOUL_25, "not_eligible"),
        ({"nationwide": False, "region_codes": ("11680",)}, SEOUL_25, "unknown"),
        ({"nationwide": False, "region_codes": ("11680",)}, Applicant(region_code="11680"), "eligible"),
        ({"nationwide": False}, SEOUL_25, "unknown"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="unemployed"), "eligible"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="employed"), "not_eligible"),
        ({"employment_codes": ("0013003", "0013009")}, Applicant(employment="employed"), "unknown"),
        ({"employment_codes": ("0013008",)}, Applicant(employment="founder"), "unknown"),
        ({"employment_codes": ("0013008",)}, Applicant(employment="employed"), "not_eligible"),
        ({"employment_codes": ("0013003",)}, Applicant(employment="astronaut"), "unknown"),
        ({"education_codes": ("0049005",)}, Applicant(education="university_student"), "eligible"),
        ({"marital_status": "single"}, Applicant(marital_status="married"), "not_eligible"),
        ({"income_kind": "annual", "max_income": 5000}, Applicant(annual_income=5000), "eligible"),
        ({"income_kind": "annual", "max_income": 5000}, Applicant(annual_income=5001), "not_eligible"),
        # Two amounts are the upper limits of two groups: who is below the lower one is so of either.
        ({"income_kind": "annual", "min_income": 5000, "max_income": 7500}, Applicant(annual_income=5000), "eligible"),
        ({"income_kind": "annual", "min_income": 5000, "max_income": 7500}, Applicant(annual_income=6000), "unknown"),
        (
            {"income_kind": "annual", "min_income": 5000, "max_income": 7500},
            Applicant(annual_income=7501),
            "not_eligible",
        ),
        ({"income_kind": "annual", "min_income": 2000}, Applicant(annual_income=1999), "not_eligible"),
        ({"income_kind": "text", "income_text": "중위소득 60% 이하"}, Applicant(annual_income=1), "unknown"),
        ({"special_codes": ("0014007",)}, SEOUL_25, "unknown"),
        ({"special_codes": ("0014007", "0014002")}, Applicant(special=frozenset({"women"})), "eligible"),
        ({"special_codes": ("0014006",)}, Applicant(not_special=frozenset({"farmer"})), "not_eligible"),
        ({"special_codes": ("0014006", "0014007")}, Applicant(not_special=frozenset({"farmer"})), "unknown"),
        ({"special_codes": ("0014006", "0014009")}, Applicant(not_special=frozenset({"farmer"})), "unknown"),
        ({"major_codes": ("0011005",)}, SEOUL_25, "unknown"),
        ({"major_codes": ("0011005",)}, Applicant(major="engineering"), "eligible"),
        ({"major_codes": ("0011005",)}, Applicant(major="humanities"), "not_eligible"),
        ({"major_codes": ("0011005", "0011008")}, Applicant(major="humanities"), "unknown"),
        ({"local_to": "44"}, Applicant(region_code="44130"), "eligible"),
        ({"local_to": "44130"}, Applicant(region_code="44131"), "eligible"),
        ({"local_to": "44130"}, Applicant(region_code="44"), "unknown"),
        ({"local_to": "44"}, SEOUL_25, "unknown"),
        ({"local_to": "44"}, Applicant(), "unknown"),
    ],
)
def test_verdicts(limits: dict[str, Any], applicant: Applicant, expected: str) -> None:
    assert assess(policy(**limits), applicant).status == expected


def test_reasons_are_korean_sentences_with_the_limit() -> None:
    verdict = assess(policy(min_age=19, max_age=34, nationwide=False, region_codes=("26290",)), SEOUL_25)
    assert [reason.text for reason in verdict.reasons] == [
        "만 19~34세: 가능",
        "부산광역시 남구: 서울특별시라 해당 없음",
    ]


@pytest.mark.parametrize(
    ("limits", "applicant", "text"),
    [
        ({"min_age": 19, "max_age": 34}, Applicant(age=35), "만 19~34세: 만 35세라 해당 없음"),
        (
            {"min_age": 19, "max_age": 34},
            Applicant(age=19, maybe_younger=True),
            "만 19~34세: 생일에 따라 달라요",
        ),
        (
            {"max_age": 34, "age_extension": 3},
            Applicant(age=37),
            "만 34세 이하: 병역을 마쳤거나 다른 조건이 맞으면 만 37세까지 될 수 있어요",
        ),
        (
            {"nationwide": False, "region_codes": ("26290",)},
            Applicant(region_code="26"),
            "부산광역시 남구: 사는 시·군·구에 따라 달라요",
        ),
        ({"local_to": "44"}, SEOUL_25, "전국(충청남도 사업): 거주 조건 확인 필요"),
        ({"local_to": "44"}, Applicant(region_code="44"), "전국(충청남도 사업): 가능"),
        ({"marital_status": "married"}, Applicant(marital_status="single"), "기혼: 미혼이라 해당 없음"),
        (
            {"income_kind": "annual", "max_income": 5000},
            Applicant(annual_income=6000),
            "소득 연 5,000만원 이하: 연 6,000만원이라 해당 없음",
        ),
        ({"special_codes": ("0014009",)}, SEOUL_25, "기타 대상: 확인 필요"),
        (
            {"extra_conditions": "지원 자격\n○ 부모님과 별도 거주하는 세대주"},
            SEOUL_25,
            "추가 조건 ‘부모님과 별도 거주하는 세대주’: 확인 필요",
        ),
        (
            {"exclusions": "대학 재학생 및 휴학생"},
            Applicant(education="university_student"),
            "참여 제한 ‘재학생’: 확인 필요",
        ),
    ],
)
def test_a_reason_says_what_fails_or_what_is_left_to_find_out(
    limits: dict[str, Any], applicant: Applicant, text: str
) -> None:
    assert [reason.text for reason in assess(policy(**limits), applicant).reasons] == [text]


@pytest.mark.parametrize(
    ("age", "extension", "exact", "by_year"),
    [
        (18, 0, "not_eligible", "not_eligible"),
        (19, 0, "eligible", "unknown"),
        (20, 0, "eligible", "eligible"),
        (34, 0, "eligible", "eligible"),
        (35, 0, "not_eligible", "unknown"),
        (36, 0, "not_eligible", "not_eligible"),
        (35, 3, "unknown", "unknown"),
        (37, 3, "unknown", "unknown"),
        (38, 3, "not_eligible", "unknown"),
        (39, 3, "not_eligible", "not_eligible"),
    ],
)
def test_both_ages_that_a_birth_year_leaves_are_weighed(age: int, extension: int, exact: str, by_year: str) -> None:
    limited = policy(min_age=19, max_age=34, age_extension=extension)
    assert assess(limited, Applicant(age=age)).status == exact
    assert assess(limited, Applicant(age=age, maybe_younger=True)).status == by_year


@pytest.mark.parametrize(
    ("limits", "percent", "expected"),
    [
        ({"income_kind": "text", "income_text": "기준 중위소득 150% 이하"}, 150, "eligible"),
        ({"income_kind": "text", "income_text": "건강보험료 소득판정기준 중위소득 140%이하"}, 130, "eligible"),
        ({"income_kind": "text", "income_text": "4인 기준 기준중위소득 140% 미만"}, 140, "unknown"),
        ({"income_kind": "text", "income_text": "기준 중위소득 150% 이하"}, 151, "unknown"),
        ({"income_kind": "text", "income_text": "중위소득 60% 초과 150% 이하"}, 60, "unknown"),
        ({"income_kind": "text", "income_text": "중위소득 60% 초과 150% 이하"}, 61, "eligible"),
        ({"income_kind": "text", "income_text": "기준중위소득 50~100%"}, 80, "eligible"),
        ({"income_kind": "text", "income_text": "(청년가구) 중위소득 60% 이하 / (원가구) 100%"}, 50, "unknown"),
        ({"income_kind": "text", "income_text": "중위소득 60% 이하이면서 재산 4억원 이하"}, 50, "unknown"),
        ({"income_kind": "text", "income_text": "공고문 참고"}, 50, "unknown"),
        ({"income_kind": "text", "income_text": "기준 중위소득 150% 이하"}, None, "unknown"),
        # The code says 소득 무관, the words do not.
        ({"support": "○ 대상: 중위소득 140% 이하의 근로자"}, None, "unknown"),
        ({"support": "○ 대상: 중위소득 140% 이하의 근로자"}, 140, "eligible"),
        ({"support": "원가구 중위소득 90% 이하"}, 50, "unknown"),
        ({"support": "연소득(부부합산) 5,000만원 이하"}, 50, "unknown"),
        ({"support": "기준 중위소득 70% 이하: 본인부담률 0%"}, None, "eligible"),
        ({"support": "연소득 (청년) 5천만원, (신혼부부) 7.5천만원 이하"}, 50, "unknown"),
        ({"support": "한국장학재단 학자금 지원구간의 소득 9분위 이하인 자"}, 50, "unknown"),
        ({"exclusions": "전년도 농외소득 3,700만원 초과자"}, 50, "unknown"),
        ({"exclusions": "실업급여 수급 6개월 이내"}, 50, "eligible"),
    ],
    ids=str,
)
def test_income_in_words_is_confirmed_or_left_open(limits: dict[str, Any], percent: int | None, expected: str) -> None:
    assert assess(policy(**limits), Applicant(median_income_percent=percent)).status == expected


@pytest.mark.parametrize(
    ("owns_home", "expected"), [(None, "unknown"), (True, "unknown"), (False, "eligible")], ids=str
)
@pytest.mark.parametrize("words", [{"support": "만 19~39세 무주택 청년"}, {"exclusions": "주택 소유자"}], ids=str)
def test_who_owns_no_home_meets_a_limit_to_them(words: dict[str, str], owns_home: bool | None, expected: str) -> None:
    assert assess(policy(**words), Applicant(owns_home=owns_home)).status == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("공고일 기준 관내 중소기업 6개월 이상 재직자", "unknown"),
        ("공고문 참고", "unknown"),
        ("제한 없음", "eligible"),
        ("- 제한없음\n※ 저소득층 우선 선정", "eligible"),
        ("대한민국 국민", "eligible"),
        ("누구나\n단, 병역필 또는 면제자", "unknown"),
        # What the codes say already.
        ("가입일 기준 만 19~34세(병역이행 기간은 최대 6년까지 나이에서 뺌)", "eligible"),
        ("○ 만 19세 이상 ~ 35세 미만 청년 (1991.1.2. ~ 2007.1.1. 출생자)", "eligible"),
        ("- 1991. 1. 2. ~ 2007. 1. 1. 출생자", "eligible"),
        ("만 19~29세", "unknown"),
        ("공고일 기준 · 지역무관", "eligible"),
        ("공고일 현재 서울시에 주민등록을 둔 청년", "eligible"),
        ("서울에 거주하는 대학생", "unknown"),
        ("서울시에 3개월 이상 거주 중인 청년", "unknown"),
        ("부산에 주민등록을 둔 청년", "unknown"),
        ("서울시에 주민등록이 되어 있으면 소득과 관계없이 가입", "eligible"),
        ("소득·취업 제한 없음. 만 34세 이하 누구나", "eligible"),
        ("취업 여부와 관계없이 가입할 수 있으며 대학생·구직자도 가능", "eligible"),
        ("군인", "unknown"),
        ("남자", "unknown"),
    ],
)
def test_further_conditions_in_words_are_left_to_check_unless_they_add_nothing(words: str, expected: str) -> None:
    seoul = tuple(code for code in regions.names() if code.startswith("11"))
    limited = policy(min_age=19, max_age=34, nationwide=False, region_codes=seoul, extra_conditions=words)
    assert assess(limited, SEOUL_25).status == expected


def test_huge_texts_are_read_in_one_go() -> None:
    """A pattern that tries every way to split them would not come back."""
    for word in ("가", "가 ", "(병역", "연소득(", "중위소득 1%(", "만 1세 ", "청년 자 ", "\n", "○ "):
        text = word * 20_000
        for kind in ("any", "text"):
            long = policy(extra_conditions=text, exclusions=text, support=text, income_text=text, income_kind=kind)
            assert assess(long, SEOUL_25).status != "not_eligible"


@pytest.mark.parametrize(
    ("words", "applicant", "expected"),
    [
        ("대학 재학생 제외", Applicant(education="university_student"), "unknown"),
        ("대학 재학생 제외", Applicant(education="university_graduate"), "eligible"),
        ("취업자 및 사업자", Applicant(employment="employed"), "unknown"),
        ("미취업자", Applicant(employment="employed"), "eligible"),
        ("고용보험 피보험자가 아닌 자", Applicant(employment="employed"), "eligible"),
        ("사업자등록이 되어 있는 자", Applicant(employment="self_employed"), "unknown"),
        ("기초생활수급자", Applicant(special=frozenset({"basic_livelihood"})), "unknown"),
        ("군복무자", Applicant(special=frozenset({"soldier"})), "unknown"),
        ("타 사업 중복 수혜자", SEOUL_25, "eligible"),
    ],
)
def test_an_exclusion_counts_only_where_it_names_what_the_person_is(
    words: str, applicant: Applicant, expected: str
) -> None:
    assert assess(policy(exclusions=words), applicant).status == expected


def test_what_is_told_later_is_put_over_what_is_known() -> None:
    known = Applicant(age=25, maybe_younger=True, region_code="11", special=frozenset({"women", "soldier"}))
    told = known.updated(Applicant(employment="employed", not_special=frozenset({"soldier"})))
    assert (told.age, told.maybe_younger, told.region_code, told.employment) == (25, True, "11", "employed")
    assert (told.special, told.not_special) == ({"women"}, {"soldier"})
    again = told.updated(Applicant(age=24, owns_home=False, special=frozenset({"soldier"})))
    assert (again.age, again.maybe_younger, again.owns_home) == (24, False, False)
    assert (again.special, again.not_special) == ({"women", "soldier"}, set())


def test_texts() -> None:
    assert age_text(policy()) == "나이 제한 없음"
    assert age_text(policy(min_age=19)) == "만 19세 이상"
    assert age_text(policy(max_age=39)) == "만 39세 이하"
    assert age_text(policy(min_age=24, max_age=24)) == "만 24세"
    assert income_text(policy(income_kind="annual", max_income=5000)) == "연 5,000만원 이하"
    assert income_text(policy(income_kind="annual", min_income=4000, max_income=6000)) == "연 4,000만~6,000만원"


WORDS = [
    "무주택자",
    "중위소득 100% 이하",
    "주택 소유자",
    "재학생 제외",
    "취업자",
    "연소득 1,000만원 이하",
    "사업자등록자",
]
known = st.builds(
    Applicant,
    age=st.integers(0, 120),
    maybe_younger=st.booleans(),
    education=st.sampled_from(sorted(codes.EDUCATION)),
    major=st.sampled_from(sorted(codes.MAJOR)),
    special=st.frozensets(st.sampled_from(sorted(codes.SPECIAL))),
    not_special=st.frozensets(st.sampled_from(sorted(codes.SPECIAL))),
    median_income_percent=st.integers(0, 300),
    owns_home=st.booleans(),
    region_code=st.sampled_from(["11", "11680", "26", "26290"]),
    employment=st.sampled_from(sorted(codes.EMPLOYMENT)),
    marital_status=st.sampled_from(["married", "single"]),
    annual_income=st.integers(0, 20_000),
).map(lambda one: one.model_copy(update={"not_special": one.not_special - one.special}))  # nobody is both
limited = st.builds(
    policy,
    min_age=st.none() | st.integers(15, 40),
    max_age=st.none() | st.integers(20, 60),
    nationwide=st.booleans(),
    region_codes=st.lists(st.sampled_from(["11680", "26290", "26110"]), unique=True).map(tuple),
    employment_codes=st.lists(st.sampled_from(["0013001", "0013003"]), unique=True).map(tuple),
    marital_status=st.none() | st.sampled_from(["married", "single"]),
    income_kind=st.sampled_from(["any", "annual", "text"]),
    min_income=st.none() | st.integers(0, 9000),
    max_income=st.none() | st.integers(1000, 9000),
    income_text=st.sampled_from(["", "중위소득 100% 이하", "공고문 참고"]),
    education_codes=st.lists(st.sampled_from(["0049005", "0049009"]), unique=True).map(tuple),
    major_codes=st.lists(st.sampled_from(["0011001", "0011008"]), unique=True).map(tuple),
    special_codes=st.lists(st.sampled_from(["0014002", "0014007", "0014009", "9"]), unique=True).map(tuple),
    age_extension=st.sampled_from([0, 3]),
)
words = st.fixed_dictionaries(
    {field: st.text(max_size=40) | st.sampled_from(WORDS) for field in ("support", "extra_conditions", "exclusions")}
)


@given(limited, known, st.sets(st.sampled_from(list(Applicant.model_fields))))
def test_telling_less_never_rules_a_policy_out(some: Policy, applicant: Applicant, untold: set[str]) -> None:
    nothing = Applicant()
    quieter = applicant.model_copy(update={name: getattr(nothing, name) for name in untold})
    if assess(some, applicant).status != "not_eligible":
        assert assess(some, quieter).status != "not_eligible"
    assert assess(some, Applicant()).status != "not_eligible"


@given(limited, known, words)
def test_words_never_rule_anybody_out(some: Policy, applicant: Applicant, words: dict[str, str]) -> None:
    before, after = assess(some, applicant), assess(some.model_copy(update=words), applicant)
    assert (before.status == "not_eligible") == (after.status == "not_eligible")


@given(limited, known)
def test_a_birth_year_never_decides_what_the_exact_age_would_not(some: Policy, applicant: Applicant) -> None:
    by_year = assess(some, applicant.model_copy(update={"maybe_younger": True})).reasons
    for age in {applicant.age or 0, max((applicant.age or 0) - 1, 0)}:
        exact = assess(some, applicant.model_copy(update={"age": age, "maybe_younger": False})).reasons
        for guess, fact in zip(by_year, exact, strict=True):
            assert guess.status in (fact.status, "unknown")
