"""Citation markers and links in a streamed answer."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.agents.citations import CitationFilter

NAMES = {"20250101": "청년 월세 지원", "A-1": "[6월 마감] 청년통장"}
ADDRESSES = ("https://www.gov.kr/apply?id=1", "http://youth.kr", "https://한글.kr/청년")


QUOTABLE = {"20250101": ["www.bokjiro.go.kr", "https://quoted.or.kr/a"], "A-1": ["https://tongjang.kr"]}


def filtered(text: str, cuts: list[int] | None = None) -> tuple[str, CitationFilter]:
    citations = CitationFilter(NAMES, ADDRESSES, QUOTABLE)
    edges = [0, *sorted({cut % (len(text) + 1) for cut in cuts or []}), len(text)]
    shown = [citations.feed(text[start:end]) for start, end in pairwise(edges)]
    return "".join(shown) + citations.finish(), citations


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[[20250101]]은 월 20만원이에요.", "[청년 월세 지원](policy:20250101)은 월 20만원이에요."),
        ("[[ A-1 ]]", "[［6월 마감］ 청년통장](policy:A-1)"),
        ("[[20250101, A-1]]", "[청년 월세 지원](policy:20250101), [［6월 마감］ 청년통장](policy:A-1)"),
        ("[[policy:20250101]]", "[청년 월세 지원](policy:20250101)"),
        ("가 [[모르는 정책]]나", "가 나"),
        ("가[[99999999]]나", "가 나"),
        ("가 [[끝나지 않음", "가 끝나지 않음"),
        ("[대박 적금](policy:20250101)", "[대박 적금] [청년 월세 지원](policy:20250101)"),
        ("[대박 적금]([[20250101]])", "[대박 적금] [청년 월세 지원](policy:20250101)"),
        ("[신청](https://www.gov.kr/apply?id=1)", "[신청](https://www.gov.kr/apply?id=1)"),
        ("[신청](https://www.gov.kr/apply?id=2) 끝", "[신청]  끝"),
        ("[신청](javascript:alert(1))", "[신청] (javascript:alert(1))"),
        ("![그림](https://evil.com/x.png)", "[그림] "),
        ("[a]: //evil.com", "[a] : "),
        ("주소는 http://youth.kr에서 봐요", "주소는 http://youth.kr에서 봐요"),
        ("주소는 http://youth.kr/입니다.", "주소는 http://youth.kr/입니다."),
        ("(http://youth.kr).", "(http://youth.kr)."),
        ("https://한글.kr/청년에서", "https://한글.kr/청년에서"),
        ("http://youth.kr.evil.com/a 끝", " 끝"),
        ("http://youth.kr@evil.com 끝", " 끝"),
        ("http://youth.kr:8080 끝", " 끝"),
        ("http://youth.kr/other 끝", " 끝"),
        ("www.evil.com에서", "에서"),
        ("//evil.com/x", ""),
        ("<a href='x'>눌러</a>", "＜a href='x'>눌러＜/a>"),
        ("나이 < 34, 10 > 3", "나이 < 34, 10 > 3"),
        (
            "[[20250101]] 복지로(www.bokjiro.go.kr)에서",
            "[청년 월세 지원](policy:20250101) 복지로(www.bokjiro.go.kr)에서",
        ),
        ("복지로(www.bokjiro.go.kr) [[20250101]]", "복지로 [청년 월세 지원](policy:20250101)"),  # not cited by then
        ("[[A-1]] https://quoted.or.kr/a 끝", "[［6월 마감］ 청년통장](policy:A-1)  끝"),  # another record's
        ("[[20250101]] [여기](https://quoted.or.kr/a)", "[청년 월세 지원](policy:20250101) [여기] "),
        ("[[20250101]] https://quoted.or.kr/ab 끝", "[청년 월세 지원](policy:20250101)  끝"),
        ("누리집(https://evil.com)에서", "누리집에서"),
        ("http(www.evil.com)://evil.com", "http : "),
        ("누리집 ( https://evil.com , www.evil.com ) 참고", "누리집  참고"),
        ("누리집（[[가짜]]）참고", "누리집참고"),
        ("누리집(https://evil.com 참고)", "누리집(  참고)"),
        ("빈칸( )은 기록 그대로", "빈칸( )은 기록 그대로"),
        ("끝나지 않는 (", "끝나지 않는 ("),
        ("1. 가\n2. 나 - [ ] 서류", "1. 가\n2. 나 - [ ] 서류"),
        ("AND/OR 둘 다, 2026/11/30", "AND/OR 둘 다, 2026/11/30"),
    ],
)
def test_what_is_shown(said: str, shown: str) -> None:
    assert filtered(said)[0] == shown


def test_counts_what_was_cited_and_what_was_dropped() -> None:
    _, citations = filtered("[[A-1]] [[20250101]] [[A-1]] [[없음]] [x](https://evil.com) www.evil.com")
    assert citations.cited == ["A-1", "20250101"]
    assert citations.rejected == 3


def test_text_is_passed_on_at_once() -> None:
    citations = CitationFilter(NAMES)
    assert citations.feed("안녕") == "안녕"
    assert citations.feed("하세요 70") == "하세요 70"
    assert citations.feed("만원 [") == "만원 "
    assert citations.feed("[2025") == ""
    assert citations.feed("0101]]은") == "[청년 월세 지원](policy:20250101)은"


# Pieces that make up, cut and join everything the filter looks for.
FRAGMENTS = st.sampled_from(
    [
        *("www.bokjiro.go.kr", "https://quoted.or.kr/a", "(www.evil.com)", " ( ", "（", "）"),
        *("[", "]", "[[", "]]", "(", ")", "!", ":", "/", "//", "<", ">", "\n", " ", ".", ",", "w", "ww", "www."),
        *("](", "![", "]:", "](//", "http", "https:", "http://", "policy:", "javascript:", "evil.com", "youth.kr"),
        *("http://youth.kr", "https://www.gov.kr/apply?id=1", "20250101", "A-1", "[[20250101]]", "[[가짜]]"),
        *("[이름](policy:A-1)", "청년", "가", "에서", "70만원"),
    ]
)


@given(st.lists(FRAGMENTS, max_size=25).map("".join), st.lists(st.integers(0, 400), max_size=30))
def test_the_cut_of_the_stream_changes_nothing(text: str, cuts: list[int]) -> None:
    whole, at_once = filtered(text)
    pieces, streamed = filtered(text, cuts)
    assert pieces == whole
    assert (streamed.cited, streamed.rejected) == (at_once.cited, at_once.rejected)


@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_nothing_that_was_not_retrieved_is_linked(text: str) -> None:
    shown, citations = filtered(text)
    for label, target in re.findall(r"\[([^\[\]]*)\]\(([^()]*)\)", shown):
        if target.startswith("policy:"):
            id_ = target.removeprefix("policy:")
            assert label == NAMES[id_].replace("[", "［").replace("]", "］")
            assert id_ in citations.cited
        else:
            assert target.rstrip("/") in ADDRESSES
    quoted = [address for id_ in citations.cited for address in QUOTABLE[id_]]
    rest = shown
    for address in sorted([*ADDRESSES, *quoted], key=len, reverse=True):
        rest = rest.replace(address, "")
    assert not re.search(r"//\S", rest)
    assert not re.search(r"www\.\S", rest)
    assert "![" not in shown
    assert not re.search(r"<[A-Za-z/!]", shown)
