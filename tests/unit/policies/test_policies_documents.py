from hypothesis import given
from hypothesis import strategies as st

from finq.policies.documents import parse_documents


def parsed(text: str) -> list[tuple[str, bool | None]]:
    return [(document.name, document.required) for document in parse_documents(text)]


def test_placeholders_and_pointers_elsewhere_give_no_list() -> None:
    for text in ("-", "해당없음", "별도 안내", "별도 문의", "미정", "공고문 참고", "신청사이트 참고"):
        assert parsed(text) == []
    assert parsed("☞ 자세한 내용은 붙임파일을 확인해주시기 바랍니다.") == []


def test_commas_separate_papers_but_not_inside_brackets_or_within_one_name() -> None:
    assert parsed("신청서, 자기소개서, 신분증") == [("신청서", None), ("자기소개서", None), ("신분증", None)]
    assert parsed("통장사본(본인 명의, 압류방지 제외), 국세, 지방세 완납증명서") == [
        ("통장사본(본인 명의, 압류방지 제외)", None),
        ("국세, 지방세 완납증명서", None),
    ]
    assert parsed("주민등록등본·초본") == [("주민등록등본·초본", None)]


def test_bullets_numbers_and_marks_decide_what_is_required() -> None:
    assert parsed("○ 참여 신청서\n○ 취약계층 증빙서류(해당자)") == [("참여 신청서", None), ("취약계층 증빙서류", False)]
    assert parsed("- [필수] 결제 영수증(결제일 포함)\n- [선택] 근로계약서 1부") == [
        ("결제 영수증(결제일 포함)", True),
        ("근로계약서", False),
    ]
    assert parsed("① 신청서 ② 제안서 ③ 동의서") == [("신청서", None), ("제안서", None), ("동의서", None)]
    assert parsed("1. 신청서 2.사업계획서 3. 주민등록등본") == [
        ("신청서", None),
        ("사업계획서", None),
        ("주민등록등본", None),
    ]


def test_headings_set_the_context_of_what_follows() -> None:
    assert parsed("<필수>\n1. 신청서\n<선택>\n2. 추천서") == [("신청서", True), ("추천서", False)]
    assert parsed("공통서류(지원자): 지원서, 동의서\n추가서류(해당자): 활동경력 증빙자료") == [
        ("지원서", True),
        ("동의서", True),
        ("활동경력 증빙자료", False),
    ]


def test_copies_forms_and_remarks_become_notes() -> None:
    (document,) = parse_documents("가. 신청서 1부 [서식 1] ※ 서명 필수")
    assert document.name == "신청서"
    assert "1부" in document.note
    assert "서식 1" in document.note
    assert "서명 필수" in document.note


def test_alternatives_stay_one_item_and_repeats_fold() -> None:
    assert parsed("주민등록등본 또는 초본\n주민등록등본 또는 초본") == [("주민등록등본 또는 초본", None)]


@given(st.text(max_size=300))
def test_any_text_gives_clean_unique_names_found_in_it(text: str) -> None:
    documents = parse_documents(text)
    names = [document.name for document in documents]
    assert len(names) == len(set(names))
    for name in names:
        assert name == name.strip()
        assert 0 < len(name) <= 100
        assert set(name) <= set(text) | {" "}, "a name holds only characters of the text"
