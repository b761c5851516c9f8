"""The order of candidates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finq.policies.ranking import Candidate, ranked, shared_words, terms


def candidate(policy_id, similarity=0.5, text="청년 지원", **place):
    return Candidate(
        policy_id, similarity, text, **({"nationwide": True, "local_to": None, "region_codes": ()} | place)
    )


def order(words, candidates, places=()):
    return [policy_id for policy_id, _ in ranked(words, candidates, places)]


def local(policy_id, *codes, **more):
    return candidate(policy_id, nationwide=False, region_codes=codes, **more)


def test_nothing_makes_nothing():
    assert ranked("월세", [], []) == []


def test_nearness_decides_between_equals():
    assert order("월세", [candidate("a", 0.1), candidate("b", 0.3), candidate("c", 0.2)]) == ["b", "c", "a"]


def test_the_scale_of_cosines_does_not_matter():
    texts = ["월세 지원", "전세 보증금", "면접 정장"]
    wide = [candidate(str(n), 0.1 + 0.3 * n, text) for n, text in enumerate(texts)]
    narrow = [candidate(str(n), 0.80 + 0.01 * n, text) for n, text in enumerate(texts)]
    assert order("월세 보증금", wide) == order("월세 보증금", narrow)


def test_words_that_only_one_candidate_has_outweigh_a_little_nearness():
    texts = ["면접 정장 대여", "면접 수당", "면접 교육", "면접 사진"]
    candidates = [candidate(str(n), 0.5 + 0.01 * n, text) for n, text in enumerate(texts)]
    assert order("면접 정장 빌리기", [*candidates, candidate("far", 0.2)])[0] == "0"


def test_words_that_all_candidates_have_count_for_little():
    shares = shared_words("청년 정장", ["청년 정장", "청년 월세", "청년 상담", "청년 적금"])
    assert shares[0] > 5 * max(shares[1:])


def test_endings_and_spacing_do_not_hide_words():
    shares = shared_words("면접정장을 빌리고싶어요", ["면접 정장 대여", "학자금 이자"])
    assert shares[0] > 0 == shares[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [("AI 월세지원", {"ai", "월세", "세지", "지원"}), ("K-무브 2유형", {"k", "무브", "2", "유형"})],
)
def test_terms(words, expected):
    assert terms(words) == expected


def test_ones_own_place_comes_first_and_the_smaller_the_better():
    nationwide, province, district = candidate("n"), local("p", "26110", "26140", "26170", "26200"), local("d", "26290")
    assert order("월세", [nationwide, province, district], ["26290"]) == ["d", "p", "n"]


def test_other_places_asked_about_count_as_ones_own():
    assert order("패스", [candidate("n"), local("b", "26110")], ["27", "26"]) == ["b", "n"]


def test_without_a_place_what_is_for_everybody_comes_first():
    assert order("월세", [local("l", "26110"), candidate("n"), candidate("t", local_to="44")]) == ["n", "l", "t"]


def test_another_places_programme_tagged_nationwide_comes_last():
    assert order("월세", [candidate("t", local_to="44"), candidate("n")], ["11"]) == ["n", "t"]
    assert order("월세", [candidate("n"), candidate("t", local_to="44")], ["44130"]) == ["t", "n"]


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.floats(-1, 1), st.text(max_size=80)), min_size=1, max_size=12),
)
def test_every_candidate_comes_once_and_the_order_is_its_own_whatever_the_input(words, given_):
    candidates = [candidate(f"{n:02}", similarity, text) for n, (similarity, text) in enumerate(given_)]
    once, again = ranked(words, candidates, []), ranked(words, candidates[::-1], [])
    assert sorted(policy_id for policy_id, _ in once) == sorted(c.policy_id for c in candidates)
    assert all(0 <= share <= 1 for share in shared_words(words, [text for _, text in given_]))
    assert [score for _, score in once] == pytest.approx([score for _, score in again])


def test_ones_own_place_lifts_what_answers_the_question_not_what_does_not():
    far, near = local("far", "11110", similarity=0.8), candidate("n", 0.9)
    here = local("here", "26110", similarity=0.805)
    assert order("자격증", [far, here, near], ["26110"]) == ["n", "here", "far"]
    nearly = local("here", "26110", similarity=0.87)
    assert order("자격증", [far, nearly, near], ["26110"]) == ["here", "n", "far"]
