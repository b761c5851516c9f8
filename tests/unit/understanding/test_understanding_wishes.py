"""What a message asks for: topic, kinds of support, deadlines; and that any text is survived quickly."""

import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.understanding import understand
from finq.policies.understanding.wishes import asks_for_closed

TODAY = date(2026, 11, 18)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("부산 사 는 25 살 취준생 면접 정장", "취준생 면접 정장"),
        ("함안 사는 47살인데 청년통장 되나요", "청년통장 되나요"),
        ("경주로 이사가는데 이사비 지원", "이사비 지원"),
        ("세종 은둔청년 도움받을곳", "은둔청년 도움받을곳"),
        ("경기도 가입되나요", "가입되나요"),
        ("서울청년수당 얼마동안 줘요", "청년수당 얼마동안 줘요"),
        ("월급 250만원인데 대구에서 전세 대출", "전세 대출"),
        ("월세 지원", "월세 지원"),
        ("부산 사는 25살", "부산 사는 25살"),  # nothing else is asked
    ],
)
def test_topic_is_the_message_without_age_place_and_income(text: str, topic: str) -> None:
    assert understand(text, TODAY).topic == topic


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("오늘까지 신청하는 거", date(2026, 11, 18)),
        ("이번 주 마감인 정책", date(2026, 11, 22)),
        ("이번주까지 접수하는 지원", date(2026, 11, 22)),
        ("다음 주 안에 신청", date(2026, 11, 29)),
        ("이번달까지 신청 가능한", date(2026, 11, 30)),
        ("다음 달 말까지 신청", date(2026, 12, 31)),
        ("올해 안에 신청", date(2026, 12, 31)),
        ("곧 마감되는 지원", date(2026, 12, 2)),
        ("마감 임박한 것", date(2026, 12, 2)),
    ],
)
def test_deadlines(text: str, day: date) -> None:
    fact = understand(text, TODAY).apply_by
    assert fact is not None
    assert fact.value == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("대전 중소기업인데 청년 뽑으면 인건비 지원되나요", True),
        ("카페 하는데 알바생을 정직원으로 채용하면 인건비 나온다고 들었어요", True),
        ("직원을 고용하려는데 지원금 있나요", True),
        ("저를 채용하면 회사에 지원금 나오나요", False),
        ("청년을 채용하려는 기업 알려줘", False),
        ("시청에서 알바 뽑는 거 있어요?", False),
        ("공모전에서 뽑히면 지원해주나요", False),
    ],
)
def test_support_for_employing_others(text: str, expected: bool) -> None:
    assert understand(text, TODAY).employs is expected


@pytest.mark.parametrize("text", ["이번 주에 이사해요", "월세 지원", "이번 달까지 방을 빼야 해요", "2년까지 주나요"])
def test_no_deadline(text: str) -> None:
    assert understand(text, TODAY).apply_by is None


@pytest.mark.parametrize(
    ("text", "expected"), [("상시 모집", True), ("언제든 신청되는", True), ("상시근로자 5인", False)]
)
def test_always_open(text: str, expected: bool) -> None:
    assert understand(text, TODAY).always_open is expected


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("월세 지원", ("주거",)),
        ("면접 정장", ("일자리",)),
        ("학자금 대출 이자", ("교육", "복지문화")),
        ("청년정책 의견 내는 모임", ("참여권리",)),
        ("안녕하세요", ()),
    ],
)
def test_kinds_of_support(text: str, categories: tuple[str, ...]) -> None:
    found = understand(text, TODAY).categories
    assert set(categories) <= set(found)
    assert bool(found) == bool(categories)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("마감된 청년 적금도 알려줘", True),
        ("작년에 있던 월세 지원은 끝난 건가요?", True),
        ("모집이 끝난 정책도 보여줘", True),
        ("지난 정책까지 다 알려줘", True),
        ("종료된 사업인가요", True),
        ("끝난 것도 보여줘", True),
        ("지난달에 퇴사했는데 받을 수 있는 지원 있어?", False),
        ("작년에 졸업했어요. 취업 지원 추천해줘", False),
        ("군 복무가 끝난 뒤에 받을 수 있는 지원은?", False),
        ("계약이 종료된 세입자도 월세 지원 되나요?", False),
    ],
)
def test_closed_policies_are_asked_for(message: str, expected: bool) -> None:
    assert asks_for_closed(message) is expected
    assert understand(message, TODAY).closed is expected


WORDS = [
    "부산",
    "사는",
    "서울로",
    "이사",
    "25살",
    "스물",
    "다섯",
    "95년생",
    "20대",
    "초반",
    "월급",
    "250만원",
    "연봉",
    "3천",
]
WORDS += [
    "중위소득",
    "120%",
    "대학생",
    "아닌데",
    "고1",
    "광주시",
    "남구",
    "집",
    "이",
    "(",
    ")",
    ",",
    "-",
    "~",
    "만",
    "세",
]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=30).map("".join)
)
def test_any_text_is_survived_and_spans_lie_in_it(text: str) -> None:
    told = understand(text, TODAY)
    facts = [told.age, told.region_code, told.employment, told.education, told.annual_income, *told.special]
    assert all(0 <= fact.start < fact.end <= len(text) for fact in facts if fact)


LONG = 2000
PIECES = [
    "부산 사는 ",
    "가",
    "9",
    " ",
    "스물 ",
    "에서",
    "만 ",
    "강원",
    "20대 ",
    "년생",
    "안녕하세요",
    "월급 ",
    "중위소득 1",
    "대학",
    "25살 ",
    "소득이 ",
    "천",
    "고1",
    "결혼을",
    "\n",
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "shape", [lambda piece, length: (piece * length)[:length], lambda piece, length: f"{piece:{length}}"]
)
def test_long_text_takes_linear_time(piece: str, shape: Callable[[str, int], str]) -> None:
    def seconds(length: int) -> float:
        text = shape(piece, length)
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            understand(text, TODAY)
            best = min(best, time.process_time() - started)
        return best

    # Four times the text would take sixteen times as long if time were quadratic. The constant is the clock's noise.
    assert seconds(4 * LONG) < 8 * seconds(LONG) + 0.01
