"""What the sample promises: the native form, every kind of record, and answers to the main example on any day."""

import json
import re
from collections import Counter
from datetime import date
from typing import Any

import pytest

from finq.policies import codes, regions
from finq.policies.eligibility import Applicant, assess
from finq.policies.model import Policy
from finq.policies.normalise import normalise
from finq_local import sample

DAYS = [date(2026, 11, 22), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29), date(2031, 6, 15)]
LINES = sample.SAMPLE_FILE.read_text(encoding="utf-8").splitlines()
RECORDS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
# The API's fields in its order.
FIELDS = (  # noqa: SIM905 - readable
    "plcyNo bscPlanCycl bscPlanPlcyWayNo bscPlanFcsAsmtNo bscPlanAsmtNo pvsnInstGroupCd plcyPvsnMthdCd plcyAprvSttsCd "
    "plcyNm plcyKywdNm plcyExplnCn lclsfNm mclsfNm plcySprtCn sprvsnInstCd sprvsnInstCdNm sprvsnInstPicNm operInstCd "
    "operInstCdNm operInstPicNm sprtSclLmtYn aplyPrdSeCd bizPrdSeCd bizPrdBgngYmd bizPrdEndYmd bizPrdEtcCn "
    "plcyAplyMthdCn srngMthdCn aplyUrlAddr sbmsnDcmntCn etcMttrCn refUrlAddr1 refUrlAddr2 sprtSclCnt sprtArvlSeqYn "
    "sprtTrgtMinAge sprtTrgtMaxAge sprtTrgtAgeLmtYn mrgSttsCd earnCndSeCd earnMinAmt earnMaxAmt earnEtcCn "
    "addAplyQlfcCndCn ptcpPrpTrgtCn inqCnt rgtrInstCd rgtrInstCdNm rgtrUpInstCd rgtrUpInstCdNm rgtrHghrkInstCd "
    "rgtrHghrkInstCdNm zipCd plcyMajorCd jobCd schoolCd aplyYmd frstRegDt lastMdfcnDt sbizCd"
).split()


def policies(today: date) -> list[Policy]:
    return [normalise(record) for record in sample.records(today)]


def known(table: dict[str, tuple[str, str]], field: str) -> set[str]:
    return {code for code, _ in table.values()} | {codes.NO_LIMIT[field]}


def test_enough_records_with_numbers_unlike_real_ones() -> None:
    numbers = [record["plcyNo"] for record in RECORDS]
    assert len(RECORDS) >= 160
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"20\d{6}99\d{10}", number) for number in numbers)


def test_native_form() -> None:
    """60 fields in the API's order, all strings; two records lack one key on purpose."""
    incomplete = 0
    for record in RECORDS:
        assert list(record) == [field for field in FIELDS if field in record]
        assert all(isinstance(value, str) for value in record.values())
        incomplete += len(record) < len(FIELDS)
        assert len(FIELDS) - len(record) <= 1
    assert len(FIELDS) == 60
    assert incomplete == 2


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("jobCd", codes.EMPLOYMENT),
        ("schoolCd", codes.EDUCATION),
        ("plcyMajorCd", codes.MAJOR),
        ("sbizCd", codes.SPECIAL),
        ("mrgSttsCd", codes.MARITAL),
    ],
)
def test_codes_exist_and_most_are_used(field: str, table: dict[str, tuple[str, str]]) -> None:
    used = {code for record in RECORDS for code in record.get(field, "").split(",") if code}
    assert used <= known(table, field)
    assert len(used) >= 0.6 * len(table)


def test_regions_exist_and_every_sido_has_its_own_programmes() -> None:
    listed = [record["zipCd"].split(",") for record in RECORDS]
    assert {code for codes_ in listed for code in codes_} <= set(regions.names())
    local = [codes_ for codes_ in listed if len(codes_) < 225]
    sidos = Counter(sido for codes_ in local for sido in {code[:2] for code in codes_})
    assert set(sidos) == set(regions.SIDO_SHORT)
    assert min(sidos.values()) >= 3
    assert {len(codes_) for codes_ in listed} >= {1, 2, 252, 255}
    assert any("44130" in codes_ for codes_ in local), "a city by its parent code"


def test_texts_are_individual_and_hold_nothing_personal() -> None:
    support = Counter(record["plcySprtCn"] for record in RECORDS)
    assert max(support.values()) == 1
    assert max(Counter(record["plcyNm"] for record in RECORDS).values()) == 1
    for line, record in zip(LINES, RECORDS, strict=True):
        assert not re.search(r"\d{2,4}-\d{3,4}-\d{4}|\b1\d{3}-\d{4}\b", line), "a phone number"
        assert "@" not in line, "an e-mail address"
        assert not record["sprvsnInstPicNm"]
        assert not record["operInstPicNm"]
        for host in re.findall(r"(?:https?://|www\.)([^/\s\"\\?]+)", line):
            assert host.strip().endswith(".example")


def test_quirks_of_the_real_data_are_there() -> None:
    text = "\n".join(LINES)
    quirks = ["&middot;", "&quot;", "\\r\\n", "\\u200b", "○", "ㅇ", "❍", "◎", "□", "①", "☞", "※", "<필수>", "&amp;"]
    assert [quirk for quirk in quirks if quirk not in text and quirk != "\\u200b"] == []
    assert "\u200b" in text
    assert any(record["plcyNm"] != record["plcyNm"].strip() for record in RECORDS)
    assert any("\\N" in record["aplyYmd"] for record in RECORDS)
    assert any(url and "://" not in url for url in (record["aplyUrlAddr"].strip() for record in RECORDS))
    assert {record["sprtTrgtMaxAge"] for record in RECORDS} >= {"0", "34", "39", "45", "99", "100", "999"}
    assert {record["lclsfNm"] for record in RECORDS} >= {
        *codes.CATEGORIES,
        "금융･복지･문화",
        "참여･기반",
        "교육･직업훈련",
    }


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_record_normalises_and_every_kind_is_there(today: date) -> None:
    loaded = policies(today)
    assert len(loaded) == len(RECORDS)
    status = Counter(policy.application_status(today) for policy in loaded)
    assert status["open"] >= 60
    assert status["always"] >= 50
    assert status["upcoming"] >= 15
    assert status["closed"] >= 15
    assert status["unknown"] >= 3
    category = Counter(name for policy in loaded for name in policy.categories)
    assert set(category) == set(codes.CATEGORIES)
    assert min(category.values()) >= 15
    ages = Counter((policy.min_age is not None, policy.max_age is not None) for policy in loaded)
    assert ages[True, True] >= 100
    assert ages[False, False] >= 15
    assert ages[True, False] + ages[False, True] >= 10
    assert 30 <= sum(policy.nationwide for policy in loaded) <= 80
    assert Counter(policy.income_kind for policy in loaded).keys() == {"any", "annual", "text"}
    assert sum(len(policy.documents) >= 2 for policy in loaded) >= 80
    assert any(policy.deadline(today) and 0 <= (policy.deadline(today) - today).days <= 14 for policy in loaded)  # type: ignore[operator]


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_main_example_has_answers_and_traps(today: date) -> None:
    """ "25살인데 청년 적금 추천해줘" from 서울: savings open to anybody of 25, and savings that are not."""
    savings = [policy for policy in policies(today) if re.search("적금|저축|통장", policy.name)]
    asking = Applicant(age=25, region_code="11")

    def can_apply(policy: Policy) -> bool:
        return policy.application_status(today) in ("open", "always")

    fitting = [policy for policy in savings if can_apply(policy) and assess(policy, asking).status == "eligible"]
    assert len(fitting) >= 6
    assert {policy.nationwide for policy in fitting} == {True, False}
    refused = {
        reason.limit: policy
        for policy in savings
        if can_apply(policy)
        for reason in assess(policy, asking).reasons
        if reason.status == "not_eligible"
    }
    assert set(refused) == {"age", "region"}
    elsewhere = {sido for policy in savings if not policy.nationwide for sido in policy.sido_codes} - {"11"}
    assert elsewhere >= {"26", "30", "48"}
    assert any(policy.application_status(today) == "closed" for policy in savings)


@pytest.mark.parametrize(
    "subject",
    [
        "월세", "전세대출 이자", "이사비", "면접수당", "정장", "응시료", "구직활동", "창업", "학자금",
        "교통비", "심리상담", "은둔", "자립준비청년", "가족돌봄", "문화", "결혼", "신혼", "출산", "영농",
        "귀농", "군 복무", "해외에 취업|해외 취업", "위원", "예술", "기숙사", "디지털", "신용회복",
    ],
)  # fmt: skip
def test_subject_is_covered(subject: str) -> None:
    assert any(re.search(subject, record["plcyNm"] + record["plcySprtCn"]) for record in RECORDS)
