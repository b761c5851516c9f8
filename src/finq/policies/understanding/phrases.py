"""Sayings that state a fact: work, schooling, marriage, housing, special groups, majors.

`sayings.tsv` lists them: field, value, sayings. A saying is a regular expression without spaces, read against the
message without its spaces; it begins with two letters of its own, by which it is found (of "집이?없" 집이 or 집없). A
bare noun is a fact only where people use it of themselves ("취준생 면접비"); one that usually names what is asked for
("대학생 기숙사", "청년농업인 지원") has to be said of somebody: `~` stands for 인데, 이에요, 입니다, 이고 ...
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PARTS = {
    "$works": r"(?:에|를)?(?:다니(?!다가|던|면(?!서)|고싶)|다녀|다닙|재직|근무중|근무하|(?:취업|취직)했(?!다가))",
    "$studies": r"(?:에|를)?(?:다니(?!다가|던|면(?!서)|고싶)|다녀|다닙|재학|들어갔|붙었|입학했)",
    "$finished": r"(?:을|를)?(?:졸업(?:했|한지|한상태)|나왔|나온상태)",
    "$graduating": r"(?:을)?졸업(?:예정|을?앞(?:두|둔)?)",
    "$studied": r"(?:을|를)?(?:전공(?!자우대)|졸업|나왔|나온|다니|재학|출신|[1-4]학년|학생|생?~)",
    # "고2 받을 수 있는 장학금", not "하고 3개월", "고3 엄마", "고1 때"
    "$year": r"(?!\d|인(?!데|턴)|명|동|호|차|번|층|억|천|만|개|년|월|일|달|주|살|세|회|시|때|점|학기"
    r"|부모|학부모|엄마|맘|자녀|아들|딸|담임|반|졸업)",
    "~": r"(?:인데|이에|이예|예요|에요|입니|이고|이라|이며|이지만|이야|임|인(?=저|제|\d)"
    r"|도(?:되|돼|가능|신청|받을|해당))",
}


@dataclass(frozen=True)
class Saying:
    """Words that state that `field` is `value`; `pattern` is to be matched where they begin.

    `one_word`: the first two letters are never apart, or "여기 혼자" would be 기혼.
    """

    field: str
    value: str
    pattern: re.Pattern[str]
    one_word: bool


@cache
def sayings() -> dict[str, tuple[Saying, ...]]:
    """First two letters -> the sayings that begin so, in the order of the file."""
    found: dict[str, list[Saying]] = defaultdict(list)
    text = files("finq.policies.understanding").joinpath("sayings.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        field, value, words = line.split("\t")
        for word in words.split():
            particle = word[2:3] == "?"
            saying = Saying(field, value, re.compile(_expanded(word)), one_word=not particle)
            for head in {word[:2], word[0] + word[3]} if particle else {word[:2]}:
                found[head].append(saying)
    return {head: tuple(group) for head, group in found.items()}


def _expanded(word: str) -> str:
    for name, pattern in _PARTS.items():
        word = word.replace(name, pattern)
    return word
