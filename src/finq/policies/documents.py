"""Required documents: free text (`sbmsnDcmntCn`) to a list. The text itself is kept beside it, verbatim.

Nothing is invented: words that do not look like a paper become a note of the item before, or no item at all.
"""

import re
from dataclasses import dataclass, field

from finq.policies.model import RequiredDocument

_MAX_NAME = 100
_NOUN = re.compile(
    r"(신청서|청구서|동의서|증명서|증명|증명원|확인서|확인증|등·?초본|등본|초본|등\(초\)본|사본|신분증|계획서|계약서|영수증|서약서|각서|증빙|자료|소개서|이력서"
    r"|원서|지원서|명부|내역서?|통지서|결정문|위임장|사진|포트폴리오|등기부|등록증|수첩|차트|진단서|소견서|의뢰서|제안서|추천서|성적표|자격증"
    r"|면허증|수료증|이수증|합격증|고지서|보고서|등록부|체크리스트|진단표|점검표|서식|계좌|정관|위촉장|처방전|견적서|요약서|기술서|카드|급여명세|매출|보증서|서류|[가-힣]서|[가-힣]증)"
    r"(?![가-힣]*(참고|참조|확인하|바랍니다))"
)
_PLACEHOLDER = re.compile(
    r"(해당\s*없음|^없음$|^미정$|별도\s*(안내|문의|통보)|담당자\s*확인|상이|(공고문?|공고|홈페이지|사이트|붙임(파일)?|첨부(파일)?|지침|공모|안내문?)"
    r"[^,\n]{0,20}(참고|참조|확인|따름|따라|문의|게시)|문의$|온라인\s*(접수|신청)$|폼\s*제출$|개별\s*진행)"
)
_BULLET = re.compile(
    r"^\s*(?:[-－–—•·・○ㅇ❍◦●□■▪▶▷◎☞✓*]+|[①-⑳]|\(?\d{1,2}[.)](?!\d)|\(\d{1,2}\)|[가나다라마바사아자차카타파하][.)](?=\s|[가-힣]))\s*"
)
_ENUMERATOR = re.compile(r"(?=[①-⑳])|(?<=[가-힣)])\s*(?=\d{1,2}\.\s?[가-힣])")
_SENTENCE = re.compile(
    r"(있음|없음|불가|불요|불필요|바람|제출함|됨|것|기준|가능|필요|유의사항|안내|니다|세요|이내|병합하여|에서 발급"
    r"|작성( 및)?|요청|추가|도 필수|\+|(제출|구비|공통|필수|추가)\s*서류)$"
)
_WHOLLY_BRACKETED = re.compile(r"^[<\[(【][^<>\[\]()【】]+[>\])】]$")
_FORM = re.compile(r"\s*[\[(「【<][^\])」】>]{0,8}(?:별지|서식|양식|붙임)[^\])」】>]{0,14}[\])」】>]")
_LABEL = re.compile(r"^[^:,()]{1,15}\s:\s")
_INLINE_NOTE = re.compile(r"\s+(?=[※☞*])")
_NOTE = re.compile(r"^\s*(※|\*|☞|→|⇒|단,|예\)|주\))")
_MARK = re.compile(
    r"[\[(<【]\s*(필수|공통|선택|해당\s*(?:자|시|하는\s*경우)[^\])>】]{0,20}|추가|기타|최초\s*신청\s*시)\s*[\])>】]"
)
_HEADING = re.compile(
    r"^[<\[(【]?\s*((?:필수|공통|추가|선택|기타|신청인?|신청자|구비|첨부|제출|민원인이\s*)+[^:,\n]{0,20}?(?:서류|제출)?[^:,\n]{0,16})\s*[>\])】]?\s*(:|$)"
)
_COPIES = re.compile(r"\s*(?:각\s*)?(?:\d{1,2}|一)\s*(?:부|매|통|식)(?:씩)?\.?\s*$")
_TAIL = re.compile(r"\s*(?:등|등등|제출|첨부)\s*\.?\s*$")
_OPTIONAL = re.compile(r"선택|해당|추가|기타|한함")
_PAIRS = {"(": ")", "[": "]", "「": "」", "<": ">", "『": "』", "【": "】", "{": "}"}


@dataclass
class _Draft:
    name: str
    required: bool | None
    notes: list[str] = field(default_factory=list)


def parse_documents(text: str) -> tuple[RequiredDocument, ...]:
    """Papers named in `text` (cleaned), in order and without repeats; empty where it only points elsewhere."""
    drafts: list[_Draft] = []
    context: bool | None = None
    for line in (piece for raw in text.split("\n") for piece in _ENUMERATOR.split(raw)):
        if _NOTE.match(line):
            if drafts and line.strip():
                drafts[-1].notes.append(line.strip())
            continue
        body = _BULLET.sub("", line).strip()
        heading = _HEADING.match(body)
        if heading and (heading.group(2) == ":" or not _is_paper(body) or body.endswith(("서류", ">", "】"))):
            context = _required_by(heading.group(1), None)
            body = body[heading.end() :].strip()
        body = _LABEL.sub("", body)
        body, *remarks = _INLINE_NOTE.split(body, maxsplit=1)
        for piece in () if _WHOLLY_BRACKETED.match(body) else _split(body):
            draft = _draft(piece, context)
            if draft:
                drafts.append(draft)
        if drafts:
            drafts[-1].notes.extend(remarks)
    unique: dict[str, _Draft] = {}
    for draft in drafts:
        unique.setdefault(draft.name, draft)
    return tuple(
        RequiredDocument(name=draft.name, note=" ".join(draft.notes)[:300], required=draft.required)
        for draft in unique.values()
    )


def _is_paper(text: str) -> bool:
    return bool(_NOUN.search(text)) and not _PLACEHOLDER.search(text)


def _required_by(words: str, context: bool | None) -> bool | None:
    if _OPTIONAL.search(words):
        return False
    return True if re.search(r"필수|공통", words) else context


def _split(text: str) -> list[str]:
    """Split at commas and slashes outside brackets, where both sides are papers of their own."""
    pieces, depth, start = [], 0, 0
    closers = set(_PAIRS.values())
    for index, char in enumerate(text):
        if char in _PAIRS:
            depth += 1
        elif char in closers:
            depth = max(0, depth - 1)
        elif depth == 0 and (char in ",;" or (char == "/" and _is_paper(text[start:index]))):
            pieces.append(text[start:index])
            start = index + 1
    pieces.append(text[start:])
    merged: list[str] = []
    for piece in pieces:
        # "국세, 지방세 완납증명서" is one paper: what stands before has no noun of its own.
        if merged and not _NOUN.search(merged[-1]):
            merged[-1] = f"{merged[-1]},{piece}"
        else:
            merged.append(piece)
    return [piece.strip() for piece in merged if piece.strip()]


def _draft(piece: str, context: bool | None) -> _Draft | None:
    required, notes = context, []
    for mark in _MARK.finditer(piece):
        required = _required_by(mark.group(1), context)
    name = _BULLET.sub("", _MARK.sub(" ", piece)).strip(" .·-")
    forms = [form.strip() for form in _FORM.findall(name)]
    name = _FORM.sub("", name)
    copies = _COPIES.search(name)
    if copies:
        notes.append(copies.group().strip(" ."))
        name = name[: copies.start()]
    notes += forms
    name = re.sub(r"\s+", " ", _TAIL.sub("", name)).strip(" .,·:-")
    if not name or len(name) > _MAX_NAME or _SENTENCE.search(name) or not _is_paper(name):
        return None
    return _Draft(name, required, notes)
