"""Cleaning of the free text that the API delivers."""

import html
import re
from urllib.parse import urlsplit

# Zero-width marks, and the private-use bullets that office programs leave behind.
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_PRIVATE_BULLET = re.compile("[\uf000-\uf0ff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # and lone surrogates
# What `clean` changes, apart from blanks at the ends; most texts have nothing of it.
_UNCLEAN = re.compile(
    "[&\u200b-\u200d\u2060\ufeff\uf000-\uf0ff\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
    r"|[^\S\n ]|  | \n|\n |\n\n\n"
)
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACE = re.compile(r"\s")
_HOST = re.compile(r"^[A-Za-z0-9가-힣-]+(\.[A-Za-z0-9가-힣-]+)+(:\d+)?(/|\?|$)")
_NOT_STATED = frozenset({"-", "--", "없음", "해당없음", "해당 없음", "무관", "미정", "."})


def clean(value: object) -> str:
    """Readable text: entities unescaped once, LF line ends, no invisible characters, runs of blanks folded.

    Angle brackets stay, since `<필수>` is text. Control characters go: PostgreSQL refuses NUL.
    """
    raw = str(value)
    if not raw or (raw.isascii() and raw.isalnum()):  # most values are codes, numbers or empty
        return raw
    if not _UNCLEAN.search(raw):
        return raw.strip()
    text = html.unescape(raw).replace("\r\n", "\n").replace("\r", "\n")
    text = _PRIVATE_BULLET.sub("•", _INVISIBLE.sub("", text))
    text = _CONTROL.sub("", text)
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def stated(value: object) -> str:
    """`clean`, with placeholders such as "-" or "해당없음" read as empty."""
    text = clean(value)
    return "" if text in _NOT_STATED else text


def clean_url(value: object) -> str:
    """An absolute http(s) address, its scheme added where missing; "" for anything else.

    Entities in addresses are only unescaped for `&amp;`: `&notice=` must not turn into `¬ice=`.
    """
    text = _INVISIBLE.sub("", str(value)).strip().replace("&amp;", "&")
    if not text or _SPACE.search(text):
        return ""
    if _HOST.match(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.hostname else ""
