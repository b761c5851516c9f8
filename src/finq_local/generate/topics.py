"""What generated policies are about: subjects (`topics.jsonl`), and sentences that programmes of every kind share.

Slots in braces are filled in by `texts`: place, amount (만원), months, count, percent, times.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from finq.policies.codes import CATEGORIES


@dataclass(frozen=True)
class Topic:
    """One kind of programme: `names` and `lines` are alternatives; `job` is its usual native `jobCd`."""

    category: str  # name of 2025, as in finq.policies.codes.CATEGORIES
    subcategory: str
    keyword: str
    names: tuple[str, ...]
    lines: tuple[str, ...]
    ask: str  # how somebody asks for it
    job: str | None = None


def _topics() -> Iterator[Topic]:
    for line in files(__package__).joinpath("topics.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        yield Topic(**(fields | {"names": tuple(fields["names"]), "lines": tuple(fields["lines"])}))


TOPICS = tuple(_topics())

BY_CATEGORY = {category: [t for t in TOPICS if t.category == category] for category in CATEGORIES}

DETAILS = (
    "공고일 기준 {place}에 주민등록을 두고 {months}개월 이상 계속 거주한 사람을 대상으로 함",
    "모집인원은 {count}명이며 예산이 소진되면 일찍 마감될 수 있음",
    "선정 결과는 접수 마감 후 {times}주 이내에 문자로 개별 안내함",
    "비슷한 정부·지자체 사업에 참여하고 있으면 중복으로 지원받을 수 없음",
    "거짓으로 신청한 사실이 확인되면 지원금을 전액 환수함",
    "신청서에 빠진 내용이 있으면 {times}일 안에 보완해야 함",
    "지원금은 매월 {times}일 본인 명의 계좌로 지급함",
    "참여자는 중간점검 {times}회와 결과보고서 제출에 협조해야 함",
    "군 복무를 마친 사람은 복무기간만큼 연령 상한을 늘려 적용함",
    "기준 중위소득 {percent}00% 이하 가구를 우선 선정함",
    "운영기관 사정에 따라 일정과 장소가 바뀔 수 있으니 공고문을 확인해야 함",
    "장애인, 한부모가족, 기초생활수급자는 가점 {times}점을 부여함",
    "교육은 평일 저녁과 토요일에 나누어 진행하며 교재를 무료로 제공함",
    "다른 시도로 전출하면 전출한 달까지만 지원함",
    "문의는 {place} 청년정책 담당부서로 하며 방문 상담은 예약제로 운영함",
    "협약기관 {times}곳 가운데 한 곳을 골라 이용할 수 있음",
)
HOW_TO_APPLY = (
    "누리집 온라인 신청",
    "주소지 읍면동 주민센터 방문 접수",
    "전자우편 또는 방문 접수(우편은 마감일 도착분까지)",
    "온라인 신청 → 자격 확인 → 선정 통보",
    "해당없음",
)
SELECTION = ("서류심사 후 면접", "접수순 선정", "서류심사 및 전산추첨", "소득·거주기간 점수 합산 고득점순", "별도 안내")
DOCUMENTS = (
    "신청서",
    "개인정보 수집·이용 동의서",
    "주민등록초본",
    "주민등록등본",
    "신분증",
    "통장사본",
    "고용보험 피보험자격 이력내역서",
    "건강보험료 납부확인서",
    "가족관계증명서",
    "임대차계약서 사본",
    "재직증명서",
    "재학증명서",
    "사업계획서",
    "소득금액증명원",
)
INCOME_TEXTS = (
    "기준 중위소득 {percent}00% 이하",
    "중위소득 150% 이하",
    "기준 중위소득 60% 초과 150% 이하",
    "학자금 지원구간 8구간 이하",
)
BULLETS = ("- ", "○ ", "ㅇ ", "❍ ", "◦ ", "□ ", "▪ ", " · ", "")
