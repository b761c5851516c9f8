"""The region that a message means."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from finq.policies import regions
from finq.policies.understanding import Stated, understand

TODAY = date(2026, 11, 22)


def stated(text: str) -> Stated:
    return understand(text, TODAY)


def region(text: str) -> str | None:
    fact = stated(text).region_code
    return fact.value if fact else None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # spacing and colloquial forms
        ("부산 사는 25살", "26"),
        ("부산 사 는 25 살 취준생", "26"),
        ("27살부산사는취준생", "26"),
        ("저는부산사는26살", "26"),
        ("부산시민인데 월세", "26"),
        ("음성에서 농사짓는 회원인데", "43770"),
        ("부여에서 농사 지어요", "44760"),
        ("천안서 스타트업 하는중", "44130"),
        ("강화도에서 배 타고 고기잡이", "28710"),
        ("집이 서귀포고 대학교 2학년", "50130"),
        ("강진읍에 조그맣게 공방을 냈거든요", "46810"),
        ("단국대 천안캠 다니는데", "44130"),
        ("인천 서구1939 토욜에도", "28260"),
        ("울산 동구꺼", "31170"),
        ("서울시관악구 월세", "11620"),
        ("서울 특별시 관악 구 청년", "11620"),
        ("서울, 관악구 월세", "11620"),
        ("경기도성남시 청년", "41130"),
        ("창원진해구 사는데", "48129"),
        ("대구달서구 자격증", "27290"),
        ("성남분당 사는데", "41135"),
        ("수원 영통 월세", "41117"),
        ("경북 포항 남구 살아요", "47111"),
        ("포항 남구 월세", "47111"),
        ("용인시 처인구", "41461"),
        ("일산 사는 23살", "41280"),
        ("마산 청년", "48120"),
        ("인천 송도 23살", "28185"),
        ("부산대학생 월세", "26"),
        ("부산취준생 면접", "26"),
        # 광주, 고성, 제주
        ("광주 사는 사람", "29"),
        ("경기 광주 사는데", "41610"),
        ("경기도 광주 적금", "41610"),
        ("광주시민인데 적금", "29"),
        ("광주시 남구 적금", "29155"),
        ("강원 고성 월세", "51820"),
        ("경남 고성군 월세", "48820"),
        ("제주시 월세", "50110"),
        ("제주 월세", "50"),
        # names of policies count
        ("서울청년수당 얼마예요", "11"),
        ("강원도 2배 적금", "51"),
        ("삼척안심공제 얼마 넣어요", "51230"),
        ("경기 청년기본소득", "41"),
        ("함안정착 청년통장", "48730"),
        # names that are other words, where they are places
        ("화성에 사는 사람", "41590"),
        ("공주 면접비 지원 서류", "44150"),
        ("안녕하세요 합천 드론 자격증", "48890"),
        ("예산에 사는데요", "44810"),
        ("강화 사는데 월세", "28710"),
        ("충북 음성 사는데", "43770"),
        ("인천 강화에서 농사지어요", "28710"),
        ("서울 역량 강화에서 배운 것", "11"),
        ("경북 영양 사는 27살", "47760"),
        ("전북 장수 월세", "52740"),
        ("부산 수영구 청년", "26500"),
        ("광주 남구청에서 하는 강의", "29155"),
        ("울산 동구청소년센터", "31170"),
        ("양산시 월세", "48330"),
        ("세종 사는데", "36"),
        # which of several places
        ("서울로 이사 예정인데 월세", "11"),
        ("부산에서 서울로 이사 갑니다", "11"),
        ("부산 출신인데 지금 서울 살아요", "11"),
        ("고향이 부산이고 서울 거주", "11"),
        ("부산 살다가 대구로 왔어요", "27"),
        ("직장은 서울인데 집은 인천이에요", "28"),
        ("서울 살고 경기도에서 일해요", "11"),
        ("부모님은 대구에 계시고 저는 서울에 살아요", "11"),
        ("부산 사는데 서울청년수당 되나요", "26"),
        ("대구 사는데 부산 여행가면 할인되나요", "27"),
        ("아산에서 서울로 기차 통학해요", "44200"),
        ("서울 말고 부산", "26"),
        ("저는 부산 사람이고 남구 살아요", "26290"),
        ("남구 청년 월세, 울산이에요", "31140"),
        ("여동생이 부산 사는데 월세", "26"),
        ("서울 살아요. 관악구 정책 있나요?", "11"),
        ("고향 부산으로 돌아가려는데", "26"),
        ("천안으로 이사온 자취생", "44130"),
        ("주소는 군산인데 전주에서 대학 다녀요", "52130"),
        ("공주가 주소지인 상병인데", "44150"),
        ("예산이 주소지예요", "44810"),
        ("공주가 집이에요", "44150"),
        ("부산 진구 사는데", "26230"),
        ("나주혁신도시 직장인", "46170"),
        ("어디냐면 오산이에요. 오산이에요", "41370"),
        ("춘천에서 고등학교 나온 강원대 로스쿨생", "51110"),
    ],
)
def test_place(text: str, code: str) -> None:
    assert region(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "중구난방이네요",
        "남구하다 지원",
        "고성능 노트북 지원",
        "이천만원 대출",
        "이천 만원 대출",
        "안성맞춤 정책",
        "사상 최대 지원",
        "해외연수 지원",
        "어학 연수 지원",
        "연수 프로그램 알려줘",
        "서구적인 외모",
        "공주님 옷 지원",
        "무주택자인데 월세",
        "영주권자인데 되나요",
        "고령자 지원",
        "고령 운전자 지원",
        "예산 초과되면 못 받나요",
        "예산이 없으면 끝인가요",
        "시 예산으로 사업비 받는 공모",
        "역량 강화 교육",
        "강화 프로그램",
        "목표 달성하면 주는 돈",
        "수영 강습 지원",
        "영양 상담 지원",
        "영양제 지원",
        "음성 인식 개발자",
        "2년 동안 저축하면",
        "진도가 안 나가요",
        "영광입니다 감사합니다",
        "인제 신청해도 되나요",
        "상당한 금액",
        "청원 휴가",
        "신청서 수정 되나요",
        "권한 부여하는 곳",
        "동작 구분",
        "마라톤 완주 기념",
        "장수 비결",
        "구미 당기는 정책",
        "진주 목걸이",
        "상주하는 직원",
        "서울대 다니는 학생",
        "서울대 로스쿨 학생",
        "부산대학교 재학중",
        "인천공항 취업",
        "대구은행 대출",
        "경기 침체로 힘든 청년",
        "전남편이 양육비를 안 줘요",
        "전남친이 쓴 대출",
        "전남자친구와 살던 전셋집",
        "요즘 경기가 안좋아서",
        "축구 경기 관람 할인",
        "세종대왕 기념",
        "제2차 세계대전 공부",
        "고양이 키우는데 지원",
        "경주마 사육",
        "여기 혼자 있어요",
        "전 남해주세요",
        "부 산출 근거",
        "K-무브 스쿨",
        "부모님이 대구에 사시는데",
        "청년도약계좌",
        "그건 오산이에요",
        "하남산단 공장 다니는데",
        "세대전승 프로젝트",
        "강릉원주대 다녀요",
        "울산과학기술원 학생",
        "평택항 취업",
        "안양천 산책",
        "원주민 지원",
        "분당 100원",
        "전원주택",
        "",
        "   ",
    ],
)
def test_no_place(text: str) -> None:
    told = stated(text)
    assert told.region_code is None
    assert not told.region_candidates
    assert not told.several_regions


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("중구 사는데", ("11140", "26110", "27110", "28110", "30140", "31110")),
        ("강서구 월세", ("11500", "26440")),
        ("고성 사는데", ("48820", "51820")),
        ("광주시 청년", ("29", "41610")),
        ("전라도 사는데", ("46", "52")),
    ],
)
def test_names_with_several_meanings(text: str, candidates: tuple[str, ...]) -> None:
    told = stated(text)
    assert told.region_code is None
    assert told.region_candidates == candidates


@pytest.mark.parametrize("text", ["서울이나 경기 월세 지원", "서울청년수당이랑 경기 청년기본소득 차이"])
def test_several_places(text: str) -> None:
    told = stated(text)
    assert told.region_code is None
    assert told.several_regions


def test_a_broad_home_and_a_district_in_it_mean_the_district() -> None:
    assert region("서울 관악구 월세 되나요? 서울이에요") == "11620"


PLACES = sorted(code for code, (_, sigungu) in regions.names().items() if sigungu)
FORMS = ("{} 사는", "{}에 사는데 월세", "{} 거주 중", "{}청년", "{} 청년 월세", "저는 {}에서 살아요", "{}로 이사가요")


def _without_city(code: str) -> str:
    """경기 수원시 장안구 -> 경기 장안구, as people say it."""
    return f"{regions.SIDO_SHORT[code[:2]]} {regions.names()[code][1].split()[-1]}"


@given(st.sampled_from(PLACES), st.sampled_from(FORMS), st.sampled_from(["full", "short", "joined", "split"]))
def test_every_district_is_found_in_every_form(code: str, form: str, spelling: str) -> None:
    full = regions.name(code)
    short = f"{regions.SIDO_SHORT[code[:2]]} {regions.names()[code][1]}"
    written = {"full": full, "short": short, "joined": full.replace(" ", ""), "split": f"{short[:-1]} {short[-1]}"}
    assert region(form.format(written[spelling])) == code


@given(st.sampled_from(PLACES), st.sampled_from(["{} 사는", "{}에 사는데", "{} 살아요", "{} 거주"]))
def test_the_bare_name_is_found_where_only_one_place_has_it(code: str, form: str) -> None:
    last = regions.names()[code][1].split()[-1]
    bare = last[:-1] if len(last) > 2 else last
    assume(bare not in regions.sido_spellings())  # 광주, 제주
    told = stated(form.format(bare))
    if told.region_code:
        assert told.region_code.value == code
    elif regions.parent(code) is None:
        assert code in told.region_candidates


@given(st.sampled_from(sorted(regions.SIDO_SHORT)), st.sampled_from(FORMS))
def test_every_sido_is_found_in_every_form(code: str, form: str) -> None:
    assert region(form.format(regions.SIDO_SHORT[code])) == code
    assert region(form.format(regions.sido_names()[code])) == code


@given(st.sampled_from(PLACES))
def test_the_span_is_where_the_name_stands(code: str) -> None:
    text = f"안녕하세요, {regions.name(code)} 사는데 월세 지원 있나요?"
    fact = stated(text).region_code
    assert fact is not None
    assert text[fact.start : fact.end] == regions.name(code)
