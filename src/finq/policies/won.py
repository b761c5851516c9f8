"""Amounts of money as Korean texts write them: "1억 5,000만원", "8천5백만 원", "3,847천원"."""

import re

# Possessive throughout: a long run of digits must not be tried in every way there is to split it.
NUMBER = r"\d[\d,]*+(?:\.\d++)?+"
AMOUNT = re.compile(rf"(?:{NUMBER}\s*+(?:[조억만천백]\s*+)*+)++원")

_TERM = re.compile(rf"({NUMBER})((?:\s*[조억만천백])*)")
_WITHIN = {"천": 1_000, "백": 100}  # of the next larger unit: "8천5백만" is 8,500만
_LARGE = {"조": 10**12, "억": 10**8, "만": 10**4}


def won(words: str) -> float | None:
    """ "1억 5,000만원" -> 150000000.0; "8천5백만 원" -> 85000000.0. None when there is no number."""
    total, section, found = 0.0, 0.0, False
    for number, units in _TERM.findall(words):
        value = float(number.replace(",", ""))
        found = True
        for unit in "".join(units.split()):
            if unit in _WITHIN:
                value *= _WITHIN[unit]
            else:
                total += (section + value) * _LARGE[unit]
                section = value = 0.0
        section += value
    return total + section if found else None
