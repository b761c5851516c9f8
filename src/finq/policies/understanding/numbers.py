"""Korean number words, with their usual misspellings."""

import re

_TENS = {"열": 10, "스물": 20, "스무": 20, "스믈": 20, "스므": 20, "서른": 30, "설흔": 30, "서룬": 30, "마흔": 40}
_TENS |= {"쉰": 50, "예순": 60}
_ONES = {"하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "다섰": 5, "다석": 5}
_ONES |= {"여섯": 6, "여섰": 6, "여석": 6, "일곱": 7, "일곲": 7, "여덟": 8, "여덜": 8, "여덣": 8, "아홉": 9, "아흡": 9}
NATIVE = rf"(?:{'|'.join(_TENS)})(?:\s*(?:{'|'.join(_ONES)}))?"
_DIGITS = {"일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
_UNITS = {"십": 10, "백": 100, "천": 1000}
SINO = "[일이삼사오육칠팔구]?십[일이삼사오육칠팔구]?"


def native(text: str) -> int:
    """스물다섯 -> 25. Raises KeyError for what `NATIVE` does not match."""
    letters = "".join(text.split())
    tens = next(word for word in sorted(_TENS, key=len, reverse=True) if letters.startswith(word))
    ones = letters.removeprefix(tens)
    return _TENS[tens] + (_ONES[ones] if ones else 0)


def sino(text: str) -> int:
    """이십오 -> 25, 삼천이백 -> 3200. Raises KeyError for other letters."""
    total, digit = 0, 0
    for letter in text:
        if letter in _UNITS:
            total += (digit or 1) * _UNITS[letter]
            digit = 0
        else:
            digit = _DIGITS[letter]
    return total + digit


def amount(text: str) -> float:
    """Digits with commas or a point, or sino-Korean words below 10,000."""
    plain = re.sub(r"[\s,]", "", text)
    return float(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else float(sino(plain))
