import pytest

from finq.policies.won import AMOUNT, won


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("300,000원", 300_000),
        ("3,847천원", 3_847_000),
        ("60백만원", 60_000_000),
        ("5천만원", 50_000_000),
        ("5천 만 원", 50_000_000),
        ("7.5천만원", 75_000_000),
        ("8천5백만 원", 85_000_000),
        ("8천 500만원", 85_000_000),
        ("1억원", 100_000_000),
        ("1.3억원", 130_000_000),
        ("1억 5,000만원", 150_000_000),
        ("1억 2천5백만원", 125_000_000),
        ("2천억원", 200_000_000_000),
        ("1조 2,000억원", 1_200_000_000_000),
    ],
)
def test_amounts_are_read_as_they_are_written(words: str, amount: int) -> None:
    found = AMOUNT.search(f"최대 {words} 지원")
    assert found
    assert found.group() == words
    assert won(words) == pytest.approx(amount)


def test_without_a_number_there_is_no_amount() -> None:
    assert won("원") is None
    assert not AMOUNT.search("공고문 참고, 지원")
