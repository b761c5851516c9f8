"""What people say, in the words of records."""

import pytest

from finq.policies.understanding.lexicon import official_terms


@pytest.mark.parametrize(
    ("message", "term"),
    [
        ("알바비 떼였어요", "임금체불"),
        ("복비 지원", "중개보수"),
        ("어부 되고싶어요", "귀어"),
        ("히키코모리인데요", "은둔"),
        ("예창패 신청 어디서", "예비창업패키지"),
    ],
)
def test_terms_of_records(message, term):
    assert term in official_terms(message)


def test_what_the_message_says_already_is_not_repeated():
    assert "중개보수" not in official_terms("복비 중개보수")


@pytest.mark.parametrize("message", ["", "   ", "그네와 미끄럼틀", "🙂"])
def test_nothing_to_add(message):
    assert official_terms(message) == ()


def test_a_short_saying_is_none_inside_a_word():
    """ "활동비" is said of clubs, "구직활동비" is not."""
    assert "공동체" in official_terms("우리 동네 활동비")
    assert "공동체" not in official_terms("다달이 주는 구직활동비 알려줘")


def test_who_writes_without_blanks_is_understood():
    assert "공동체" in official_terms("우리동네활동비알려주세요")
