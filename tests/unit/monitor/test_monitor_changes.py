"""Which sentences tell of a change, of what kind, and which only sound like it."""

from datetime import date

import pytest

from finq.policies.monitor.changes import change_in, dates, latest_year
from finq.policies.monitor.wording import plain, sentences

TODAY = date(2026, 11, 23)

TOLD = [
    ("청년월세 지원사업 신청 기간 12월 31일까지 연장", "extended"),
    ("접수 마감일을 2주 연장했다", "extended"),
    ("모집 기간을 연장하기로 했다", "extended"),
    ("[공고] 2026년 청년 면접수당 연장 접수 안내", "extended"),
    ("예산 소진으로 접수를 끝낸다", "budget_spent"),
    ("예산이 모두 소진돼 더는 신청을 받지 않는다", "budget_spent"),
    ("신청이 몰려 조기 마감", "closed_early"),
    ("선착순 모집이 하루 만에 조기 마감됐다", "closed_early"),
    ("하반기 추가 모집", "reopened"),
    ("내달 재공고", "reopened"),
    ("신청 일정 변경 안내", "rescheduled"),
    ("접수 시작일이 연기됐다. 접수 연기", "rescheduled"),
    ("소득 기준 완화", "eligibility_changed"),
    ("지원 대상을 만 39세까지 확대", "eligibility_changed"),
    ("소득 기준 폐지", "eligibility_changed"),
    ("지원금 월 20만원으로 인상", "amount_changed"),
    ("대출 한도가 1억원으로 늘어난다", "amount_changed"),
    ("내년부터 사업 폐지", "abolished"),
    ("올해를 끝으로 사업을 종료한다", "abolished"),
    ("참여자 모집 마감됐다", "closed"),
    ("접수 마감 안내", "closed"),
    ("청년 면접수당 신청 마감", "closed"),
    ("4000명 모집에 2만명 몰려 조기마감", "closed_early"),
    ("구직촉진수당 내년 60만원으로 인상", "amount_changed"),
    ("특별지원 2차 신청 내년 2월까지 연장", "extended"),
]


@pytest.mark.parametrize(("sentence", "kind"), TOLD)
def test_kinds(sentence: str, kind: str) -> None:
    change = change_in([sentence])
    assert change
    assert (change.kind, change.certainty) == (kind, 1.0)


@pytest.mark.parametrize(
    "sentence",
    [
        "예산 소진 시 조기 마감",
        "예산이 소진되면 접수가 끝난다",
        "모집 인원이 차면 일찍 마감될 수 있다",
        "예산 소진 시까지 신청할 수 있다",
        "기간은 연장되지 않는다",
        "신청 기간 연장 없이 끝난다",
        "신청 마감일은 12월 31일이다",
        "마감 임박, 서둘러 신청하세요",
        "청년에게 월세를 지원한다",
        "오늘부터 접수를 시작한다",
        "일정은 변경될 수 있음",
        "자격 변동 시 지원을 중단하며, 환수한다",
        "4분기 접수 마감 30일",
        "내일 신청 마감",
        "신청 마감: 12월 31일",
        "예산 소진 임박",
        "예산 소진 전에 신청하세요",
        "사업 종료 후 6개월 안에 취업하면 지급한다",
        "2만명 모집, 20일까지 신청",
        "5월 2일부터 신규 모집",
    ],
)
def test_what_only_sounds_like_a_change(sentence: str) -> None:
    assert change_in([sentence]) is None


@pytest.mark.parametrize(
    ("sentence", "certainty"),
    [("소득 기준 완화 검토", 0.5), ("사업 폐지 가능성이 거론된다", 0.5), ("접수 기간을 연장할 예정이다", 0.85)],
)
def test_what_is_discussed_is_less_sure_than_what_is_planned(sentence: str, certainty: float) -> None:
    change = change_in([sentence])
    assert change
    assert change.certainty == certainty


def test_the_first_sentence_that_tells_of_one_counts() -> None:
    change = change_in(["접수를 시작한다", "접수 기간을 연장했다", "사업을 폐지했다"])
    assert change
    assert change.kind == "extended"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026년 12월 31일까지", [date(2026, 12, 31)]),
        ("2026. 12. 1.(화) ~ 12. 20.(일)", [date(2026, 12, 1)]),
        ("12월 5일부터 1월 10일까지", [date(2026, 12, 5), date(2027, 1, 10)]),
        ("2월 30일", []),
        ("1.5배, 3/4 수준", []),
        ("2026-12-31", [date(2026, 12, 31)]),
    ],
)
def test_dates(text: str, found: list[date]) -> None:
    assert list(dates(text, TODAY)) == found


def test_years() -> None:
    assert latest_year("2023년 공고, 2024.1.1 시행") == 2024
    assert latest_year("2만원 2000명") is None


def test_web_text_becomes_plain() -> None:
    page = (
        'A<script>alert(1)</script> &lt;b&gt;굵게 <a href="https://x.example">여기</a>\r\n'
        "https://evil.example/x 문의 010-1234-5678, kim@example.com\x00"
    )
    assert plain(page) == "A alert(1) 굵게 여기\n문의 ,"


@pytest.mark.parametrize("unit", ["가", "소진", "마감 ", "예산소진", "<a", "가@", "기간"])
def test_text_without_an_end_is_cut(unit: str) -> None:
    parts = sentences(plain(unit * 3000))
    assert all(len(part) <= 300 for part in parts)
    assert change_in(parts) is None or "소진" in unit


def test_sentences() -> None:
    assert sentences("접수를 연장한다. 문의는 시청으로.\n- 기간: 12월") == [
        "접수를 연장한다.",
        "문의는 시청으로.",
        "- 기간: 12월",
    ]
