import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies import codes, regions
from finq.policies.normalise import MalformedRecord, normalise
from finq.policies.text import clean, clean_url

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "policies_sample.jsonl"


def record(**changes: Any) -> dict[str, Any]:
    return {"plcyNo": "20260101990000000001", "plcyNm": "청년 적금", **changes}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("0", "0", (None, None)),
        ("19", "34", (19, 34)),
        ("0", "39", (None, 39)),
        ("19", "0", (19, None)),
        ("19", "99", (19, None)),
        ("19", "100", (19, None)),
        ("0", "999", (None, None)),
        ("", " ", (None, None)),
        ("열아홉", "34.5", (None, None)),
    ],
)
def test_ages(low: str, high: str, expected: tuple[int | None, int | None]) -> None:
    policy = normalise(record(sprtTrgtMinAge=low, sprtTrgtMaxAge=high, sprtTrgtAgeLmtYn="Y"))
    assert (policy.min_age, policy.max_age) == expected


def test_codes_with_the_no_limit_code_mean_no_limit() -> None:
    policy = normalise(record(jobCd="0013001,0013010", schoolCd="0049005", plcyMajorCd="", mrgSttsCd="0055002"))
    assert policy.employment_codes == ()
    assert policy.education_codes == ("0049005",)
    assert policy.major_codes == ()
    assert policy.marital_status == "single"


def test_income_in_won_is_read_as_manwon_and_words_are_kept() -> None:
    assert normalise(record(earnCndSeCd="0043002", earnMinAmt="0", earnMaxAmt="43056240")).max_income == 4305
    assert normalise(record(earnCndSeCd="0043002", earnMinAmt="0", earnMaxAmt="5000")).max_income == 5000
    words = normalise(record(earnCndSeCd="0043003", earnEtcCn="기준 중위소득 150% 이하"))
    assert (words.income_kind, words.income_text) == ("text", "기준 중위소득 150% 이하")
    assert normalise(record(earnCndSeCd="0043003", earnEtcCn="-")).income_kind == "any"


def test_text_is_cleaned_once_and_tags_survive() -> None:
    policy = normalise(record(plcyNm="\t&quot;청년&quot; 사업 ", plcySprtCn="<필수>\r\n월 20만원\u200b &amp;lt;"))
    assert policy.name == '"청년" 사업'
    assert policy.support == "<필수>\n월 20만원 &lt;"


def test_2026_category_names_are_folded() -> None:
    assert normalise(record(lclsfNm="금융･복지･문화,주거,주거")).categories == ("복지문화", "주거")
    assert normalise(record(lclsfNm="교육·직업훈련")).categories == ("교육",)


def test_addresses() -> None:
    assert clean_url("www.gov.kr ") == "https://www.gov.kr"
    assert clean_url(" https://a.kr/?x=1&amp;notice=2&region=3") == "https://a.kr/?x=1&notice=2&region=3"
    for bad in ("-", "추후 공지", "javascript:alert(1)", "http://", "https://[", ""):
        assert clean_url(bad) == ""


@pytest.mark.parametrize(
    ("fields", "local_to"),
    [
        ({"rgtrInstCdNm": "충청남도"}, "44"),
        ({"rgtrInstCdNm": "경상북도 의성군 관광복지국"}, "47730"),
        ({"rgtrInstCdNm": "청년정책과", "rgtrHghrkInstCdNm": "충청남도"}, "44"),
        ({"rgtrInstCdNm": "충청남도", "addAplyQlfcCndCn": "충청남도에 거주하는 청년"}, "44"),
        ({"rgtrInstCdNm": "충청남도", "addAplyQlfcCndCn": "충청남도에 관심 있는 전국민"}, None),
        ({"rgtrInstCdNm": "경상북도", "plcySprtCn": "경북 외 거주 39세 이하 예비 청년창업자"}, None),
        ({"rgtrInstCdNm": "충청남도", "pvsnInstGroupCd": "0054001"}, None),
        ({"rgtrInstCdNm": "충청남도", "zipCd": "44130"}, None),
        ({"rgtrInstCdNm": "고용노동부"}, None),
    ],
    ids=str,
)
def test_a_nationwide_tag_of_a_local_government_is_remembered(fields: dict[str, str], local_to: str | None) -> None:
    everywhere = {"zipCd": ",".join(regions.names()), "pvsnInstGroupCd": "0054002"}
    policy = normalise(record(**everywhere | fields))
    assert policy.local_to == local_to
    assert policy.nationwide == ("zipCd" not in fields)


def test_the_place_in_a_name_joins_the_codes_that_miss_it() -> None:
    assert normalise(record(zipCd="44825", plcyNm="서산시 청년의 날")).region_codes == ("44210", "44825")
    assert normalise(record(zipCd="44825", plcyNm="태안군 청년의 날")).region_codes == ("44825",)
    assert normalise(record(zipCd="26290", plcyNm="서산시 청년의 날")).region_codes == ("26290",)
    assert normalise(record(zipCd="44825,26290", plcyNm="서산시 청년의 날")).region_codes == ("26290", "44825")
    assert normalise(record(zipCd="44130", plcyNm="천안시 동남구 청년 친구")).region_codes == ("44130",)


@pytest.mark.parametrize(
    ("left_out", "fields", "added"),
    [
        ({"44210"}, {}, True),
        ({"44210"}, {"plcyExplnCn": "충남 청년이면 누구나. 서산시 청년도 됩니다"}, True),
        ({"44210"}, {"addAplyQlfcCndCn": "충남 거주 청년(서산시 제외)"}, False),
        ({"44210"}, {"etcMttrCn": "서산은 제외"}, False),
        ({"41110"}, {}, True),  # a city, listed by its districts elsewhere
        ({"44210", "44825"}, {}, False),
        ({"29110"}, {}, False),  # one of five
        ({"50110"}, {}, False),  # one of two
    ],
    ids=str,
)
def test_the_one_place_that_a_list_of_a_whole_sido_lacks_joins_it(left_out, fields, added) -> None:
    sido = min(left_out)[:2]
    lacking = {code for code in regions.names() if code in left_out or regions.parent(code) in left_out}
    listed = {code for code in regions.names() if code[:2] == sido} - lacking
    codes = set(normalise(record(zipCd=",".join(sorted(listed)), **fields)).region_codes)
    assert codes == (listed | left_out if added else listed)


@pytest.mark.parametrize(
    ("code", "name", "status"),
    [
        ("0055001", "청년부부 결혼장려금", "married"),
        ("0055002", "미혼청년 주거급여 분리지급", "single"),
        ("0055002", "청춘만남 프로그램", "single"),
        ("0055002", "청년 신혼부부 월세 지원사업", None),
        ("0055002", "청년부부 주거환경 개선", None),
        ("0055002", "미혼 청년·신혼부부 행복주택", "single"),
        ("0055003", "청년부부 결혼장려금", None),
    ],
)
def test_a_programme_for_couples_is_not_for_the_unmarried_alone(code: str, name: str, status: str | None) -> None:
    assert normalise(record(mrgSttsCd=code, plcyNm=name)).marital_status == status


@pytest.mark.parametrize(
    ("field", "listed", "text", "read"),
    [
        ("jobCd", "0013001", "관내 중소기업 및 미취업 청년", ("0013001", "0013003")),
        ("jobCd", "0013001,0013003", "미취업 청년", ("0013001", "0013003")),
        ("jobCd", "0013001", "중소기업 재직 청년(미취업자 제외)", ("0013001",)),
        ("jobCd", "0013009", "미취업 졸업생", ("0013009",)),
        ("jobCd", "0013010", "미취업 청년", ()),
        ("schoolCd", "0049007", "부산 소재 대학(원)생 및 졸업생", ("0049007", "0049005")),
        ("schoolCd", "0049007", "졸업 후 2년 이내, 대학생 참여 불가", ("0049007",)),
        ("schoolCd", "0049007", "인공지능 대학원생", ("0049007",)),
    ],
)
def test_a_list_of_codes_gains_who_it_forgets_though_the_text_names_them(
    field: str, listed: str, text: str, read: tuple[str, ...]
) -> None:
    policy = normalise(record(**{field: listed, "plcySprtCn": text}))
    assert {"jobCd": policy.employment_codes, "schoolCd": policy.education_codes}[field] == read


def test_whom_a_record_excludes_it_does_not_forget() -> None:
    policy = normalise(record(jobCd="0013001", ptcpPrpTrgtCn="미취업자"))
    assert policy.employment_codes == ("0013001",)


def test_lists_of_two_sidos_stay_as_they_are() -> None:
    listed = {code for code in regions.names() if code[:2] in ("44", "36")} - {"44210"}
    assert set(normalise(record(zipCd=",".join(listed))).region_codes) == listed


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("※ 의무복무 제대군인은 최대 3년까지 지원연령 확대", 3),
        ("의무복무 제대군인은「제대군인 지원에 관한 법률 시행령」제19조에 따라\n연령 상한 연장 적용", 3),
        ("군필자의 경우 의무복무기간에 비례하여 최고 만39세까지 지원합니다.", 5),
        ("병역이행 기간만큼 신청 연령 연장(최대 6년)", 6),
        ("만 19~34세(병역이행 기간은 최대 6년까지 나이에서 뺌)", 6),
        ("의무복무기간을 35세까지 마칠 수 있어야 함", 0),
        ("(차상위 이하) 만 15세 이상 ~ 만 39세 이하", 5),
        ("대구에 사는 34세 미만(※ 달서구 거주자는 39세까지 가능)", 5),
        ("무주택 청년 신혼부부(만19세~ 39세)", 5),
        ("18세 이상 ~ 35세 미만", 0),
        ("의무복무 제대군인은 최대 3년까지 지원연령 확대, 농업인은 19~39세", 5),
        ("부모 중 한 명이 20~65세", 0),
        ("19~39대", 0),
        ("병역지정업체 선정 및 인원배정 확대", 0),
        ("", 0),
    ],
)
def test_years_beyond_the_age_limit_up_to_which_some_are_let_in(text: str, years: int) -> None:
    assert normalise(record(sprtTrgtMaxAge="34", addAplyQlfcCndCn=text)).age_extension == years
    assert normalise(record(sprtTrgtMaxAge="0", addAplyQlfcCndCn=text)).age_extension == 0


@pytest.mark.parametrize("bad", [{}, {"plcyNo": "1"}, {"plcyNm": "이름"}, record(plcyNo="../x"), record(plcyNm=" ")])
def test_records_without_identity_are_refused_with_a_reason(bad: dict[str, Any]) -> None:
    with pytest.raises(MalformedRecord, match="plcy"):
        normalise(bad)


@pytest.mark.parametrize("bad", [None, [], "text", 3])
def test_what_is_not_an_object_is_refused(bad: Any) -> None:
    with pytest.raises(MalformedRecord, match="object"):
        normalise(bad)


FIELDS = [
    "plcyExplnCn",
    "plcySprtCn",
    "aplyYmd",
    "aplyPrdSeCd",
    "zipCd",
    "jobCd",
    "schoolCd",
    "plcyMajorCd",
    "sbizCd",
    "mrgSttsCd",
    "earnCndSeCd",
    "earnMinAmt",
    "earnMaxAmt",
    "earnEtcCn",
    "sprtTrgtMinAge",
    "sprtTrgtMaxAge",
    "sbmsnDcmntCn",
    "aplyUrlAddr",
    "inqCnt",
    "sprtSclCnt",
    "frstRegDt",
    "lastMdfcnDt",
    "bizPrdBgngYmd",
    "lclsfNm",
    "sprtArvlSeqYn",
]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.lists(st.text(max_size=3), max_size=2),
)


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_odd_values_never_stop_a_record_and_nothing_is_lost(odd: dict[str, Any]) -> None:
    policy = normalise(record(**odd))
    assert policy.raw == record(**odd)
    assert "\x00" not in policy.model_dump_json(exclude={"raw"})


@given(st.text(max_size=80))
def test_cleaning_keeps_no_outer_blanks(text: str) -> None:
    assert clean(text) == clean(text).strip()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real policy records are not beside the project")
def test_every_real_record_is_read() -> None:
    records = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    policies = [normalise(native) for native in records]
    assert len({policy.id for policy in policies}) == len(records)
    assert all(policy.raw == native for policy, native in zip(policies, records, strict=True))
    assert {category for policy in policies for category in policy.categories} == set(codes.CATEGORIES)
    assert all(policy.region_codes or policy.nationwide for policy in policies)
    assert all(1 <= (policy.min_age or 1) <= (policy.max_age or 99) for policy in policies)
    stated = [policy for policy in policies if policy.documents_text]
    assert sum(bool(policy.documents) for policy in stated) / len(stated) > 0.6


@pytest.mark.parametrize(
    ("supervisor", "registrar", "shown"),
    [
        ("대구광역시 달서구 경제환경국", "대구광역시 달서구", "대구광역시 달서구 경제환경국"),
        ("북구", "대구광역시 북구", "대구광역시 북구"),
        ("인구정책과", "충청남도 공주시", "충청남도 공주시 인구정책과"),
        ("공주시 인구정책과", "충청남도 공주시", "충청남도 공주시 인구정책과"),
        ("고용노동부", "고용노동부", "고용노동부"),
        ("한국산업인력공단", "고용노동부 청년취업지원과", "한국산업인력공단"),
        ("", "전라남도 장흥군 인구청년정책과", "전라남도 장흥군 인구청년정책과"),
    ],
)
def test_institutions_name_their_place(supervisor: str, registrar: str, shown: str) -> None:
    assert normalise(record(sprvsnInstCdNm=supervisor, rgtrInstCdNm=registrar)).institution == shown
