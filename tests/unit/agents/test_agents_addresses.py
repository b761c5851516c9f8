"""Which addresses of a record's own words an answer may repeat."""

import pytest

from finq.agents import addresses
from finq.policies.model import Policy


def policy(**fields: str | tuple[str, ...]) -> Policy:
    return Policy(id="P1", name="청년 월세 지원", raw={}, **fields)  # type: ignore[arg-type]


def test_how_to_apply_may_name_any_site() -> None:
    record = policy(how_to_apply="복지로(www.bokjiro.go.kr) 또는 https://forms.gle/h7Jqubc2E59xNuQj8, 방문 접수.")
    assert addresses.quotable(record) == ["www.bokjiro.go.kr", "https://forms.gle/h7Jqubc2E59xNuQj8"]


@pytest.mark.parametrize("field", ["summary", "support", "selection", "extra_conditions", "exclusions", "notes"])
def test_other_words_only_public_and_known_sites(field: str) -> None:
    words = (
        "https://evil.example/login https://evil.go.kr.example/x https://www.gov.kr/a?b=1. (http://youth.or.kr) "
        "https://apply.example/faq http://[x"
    )
    record = policy(apply_url="https://apply.example/form", **{field: words})
    assert addresses.quotable(record) == ["https://www.gov.kr/a?b=1", "http://youth.or.kr", "https://apply.example/faq"]


def test_addresses_in_fields_made_for_them() -> None:
    record = policy(apply_url="https://a.example", reference_urls=("https://b.example",))
    assert addresses.named(record) == ["https://a.example", "https://b.example"]
    assert addresses.quotable(record) == []
