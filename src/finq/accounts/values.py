"""How people write what the eligibility rules need: regions, employment, education, categories."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from finq.policies.regions import parse_region

Category = Literal["일자리", "주거", "교육", "복지문화", "참여권리"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=40)]


def region_code(text: str) -> str:
    """Code of a region as people write it.

    Raises:
        ValueError: unknown or ambiguous, with what to do.
    """
    code = parse_region(text)
    if code is None:
        raise ValueError("지역을 찾지 못했어요. '서울', '부산 남구'처럼 시·도와 함께 보내 주세요.")
    return code


def named(table: Mapping[str, tuple[str, str]], text: str) -> str:
    """English name in a table of `finq.policies.codes` of what is named in English or Korean.

    Raises:
        ValueError: it is not in the table.
    """
    for name, (_, label) in table.items():
        if text.strip() in (name, label):
            return name
    raise ValueError(f"다음 가운데 하나로 보내 주세요: {', '.join(label for _, label in table.values())}")
