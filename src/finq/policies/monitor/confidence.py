"""From a page to a finding: whether it is recorded, and how far it can be trusted.

    confidence = names x certainty x (0.40 + 0.30 source + 0.15 recency + 0.15 belongs)

with each part from 0 to 1: `names`, how much of the policy's name the title (or a sentence, at 0.9) holds;
`certainty`, 1 for what is said to be so, 0.85 for what is planned, 0.5 for what is discussed, all times 0.85 where
only the text tells of a change and not the title; `source`, who says so; `recency`, how new the page is;
`belongs`, how well the places and institutions it names fit. Below `LEAST_CONFIDENCE` it is not recorded.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from finq.policies.model import Policy
from finq.policies.monitor.changes import ChangeKind, change_in, dates, latest_year
from finq.policies.monitor.relevance import belongs, names
from finq.policies.monitor.wording import plain, sentences
from finq.tavily import Page

LEAST_CONFIDENCE = 0.5
_LEAST_NAMED = 0.65
_TITLE_CHARACTERS = 150
_CONTENT_CHARACTERS = 3000
_SUMMARY_CHARACTERS = 300
_SENTENCES = 40

Rejection = Literal["unrelated", "outdated", "no_change", "unsure"]

_OFFICIAL = (".go.kr", ".gov.kr")
_PUBLIC = (".or.kr", ".re.kr", ".ac.kr")
# Anybody may write anything there.
_PERSONAL_SITES = (
    *("blog.naver.com", "cafe.naver.com", "cafe.daum.net", "tistory.com", "brunch.co.kr", "velog.io", "youtube.com"),
    *("instagram.com", "facebook.com", "x.com", "threads.net", "dcinside.com", "fmkorea.com", "blogspot.com"),
    *("wordpress.com", "medium.com", "notion.site", "reddit.com"),
)


@dataclass(frozen=True)
class Finding:
    """A change that a page tells of. `title` and `summary` are plain text, of one line."""

    kind: ChangeKind
    title: str
    url: str
    summary: str
    confidence: float
    dates: tuple[date, ...]


def assess(policy: Policy, page: Page, today: date) -> Finding | Rejection:
    """What the page says has changed in the policy, or why it is not recorded."""
    title = " ".join(plain(page.title[:_CONTENT_CHARACTERS]).split())[:_TITLE_CHARACTERS]
    content = plain(page.content[:_CONTENT_CHARACTERS])
    parts = sentences(content)[:_SENTENCES]
    in_title, in_parts = names(policy, title), [names(policy, part) for part in parts]
    about = [n for n in range(len(parts)) if _is_about(in_parts, n, everywhere=in_title >= _LEAST_NAMED)]
    named = max([in_title, *(0.9 * in_parts[n] for n in about)])
    if named < _LEAST_NAMED or not (fit := belongs(policy, title, content)):
        return "unrelated"
    spoken_of = [parts[n] for n in about]
    recent = recency(page.published, latest_year(f"{title}\n{content}"), today)
    if not recent:
        return "outdated"
    told = change_in([title]) if in_title >= _LEAST_NAMED else None
    weight = 1.0 if told else 0.85
    told = told or change_in(spoken_of)
    if told is None:
        return "no_change"
    sure = confidence(
        names=named, certainty=told.certainty * weight, source=trust(page.host), recency=recent, belongs=fit
    )
    if sure < LEAST_CONFIDENCE:
        return "unsure"
    spoken = told.sentence if told.sentence != title else (change_in(spoken_of) or told).sentence
    summary = "" if spoken == title else spoken[:_SUMMARY_CHARACTERS]
    return Finding(told.kind, title, page.url, summary, sure, dates(f"{title} {' '.join(spoken_of)}", today))


def confidence(*, names: float, certainty: float, source: float, recency: float, belongs: float) -> float:
    """0 to 1, with two decimals; see the module."""
    return round(names * certainty * (0.40 + 0.30 * source + 0.15 * recency + 0.15 * belongs), 2)


def trust(host: str) -> float:
    """How far a host is trusted: the state 1, public bodies 0.8, the press and others 0.6, personal sites 0.2."""
    if host.endswith(_OFFICIAL):
        return 1.0
    if host.endswith(_PUBLIC):
        return 0.8
    if any(host == site or host.endswith(f".{site}") for site in _PERSONAL_SITES):
        return 0.2
    return 0.6


def recency(published: date | None, latest_year: int | None, today: date) -> float:
    """1 within 3 days, 0.8 within 14, 0.4 within 45, 0 for older; undated 0.5, unless all its years are past."""
    if published is None:
        return 0.5 if latest_year is None or latest_year >= today.year else 0.0
    age = (today - published).days
    return 1.0 if age <= 3 else 0.8 if age <= 14 else 0.4 if age <= 45 else 0.0


def _is_about(named: list[float], at: int, *, everywhere: bool) -> bool:
    """Whether a sentence speaks of the policy: it names it, the one before does, or the whole page is about it."""
    return everywhere or any(named[n] >= _LEAST_NAMED for n in (at - 1, at) if n >= 0)
