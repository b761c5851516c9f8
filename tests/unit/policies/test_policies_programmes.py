"""Records of one programme are recognised by their names."""

import pytest

from finq.policies.programmes import named, programme

BUSAN, NAMGU, SEOGWIPO, TAEAN = ("26110", "26140"), ("26290",), ("50130",), ("44825",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("2026년 청년월세 지원사업", BUSAN), ("2025년 청년 월세 지원", BUSAN)),
        (("부산 청년 월세 지원", BUSAN), ("청년월세 지원사업", ("11110",))),
        (("서귀포시 청년농업인 영농정착 지원", SEOGWIPO), ("청년농업인 영농정착지원", ("41130",))),
        (("태안 청년네트워크 운영", TAEAN), ("(연수구) 청년 네트워크 운영", ("28185",))),
        (("광주청년위원회(제11기)", ("29110",)), ("광주청년위원회(제10기)", ("29110",))),
        (("[남구] 면접수당 지원", NAMGU), ("면접수당", NAMGU)),
        (("청년 행정체험 상반기 모집", NAMGU), ("청년 행정체험 하반기 추가모집 공고", NAMGU)),
    ],
)
def test_editions_and_regions_of_one_programme(one, other):
    assert programme(*one) == programme(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("청년 월세 지원", "청년 전세 지원"),
        ("청년도약계좌", "청년내일저축계좌"),
        ("대학생 학자금대출 이자 지원", "신혼부부 전세자금대출 이자 지원"),
        ("K-디지털 트레이닝", "K-무브 스쿨"),
    ],
)
def test_different_programmes_stay_apart(one, other):
    assert programme(one, ()) != programme(other, ())


@pytest.mark.parametrize("name", ["지원사업", "2026년", "(공고)", "", "AI"])
def test_a_name_of_which_nothing_would_be_left_stands_for_itself(name):
    assert programme(name, ()) == name


def test_only_the_records_own_region_is_taken_out_of_its_name():
    assert programme("서울 나들이 지원", NAMGU) == programme("서울 나들이", NAMGU) != programme("나들이 지원", NAMGU)


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("경기 청년기본소득", "50살인데 경기 청년기본소득 받을 수 있어요?", True),
        ("[6월 마감] 대전 미래두배통장(2025)", "대전 미래두배 통장 서류", True),
        ("부산 청년 자산형성 지원(부산청년 기쁨두배통장)", "대전 사는데 부산 청년기쁨두배통장 들고싶어요", True),
        ("2026년 전주 청년만원주택 청춘★별채 예비입주자 모집", "전주 사는데 청년만원주택 청춘별채", True),
        ("청년 월세 지원", "청년 적금 추천", False),
        ("[강원 고성군]2026년 청년 취업수당 지원", "강원 고성군 사는데 적금 추천", False),
        ("창업 지원(2차)", "2차 추경 예산", False),
        ("2026", "2026", False),
    ],
)
def test_a_message_names_a_policy(name, words, expected):
    assert (named(name, words) >= 0.65) is expected
