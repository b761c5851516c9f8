"""What is left to search for once the person's own facts are taken out of a message."""

import re
from collections.abc import Sequence
from typing import Any

from finq.policies.understanding.stated import Fact

_CUT = "\x00"  # stands where a fact was
# Words that only tie a fact to its person: "부산에 사는", "27살인데요".
_GLUE = re.compile(
    rf"(?:(?<![가-힣])(?:저는|나는|제가|내가|현재|지금|주소지?[는가]|주민등록(?:상|은|이)?)\s*)?{_CUT}"
    r"(?:(?:으?로|에서?|에는)?\s*이사\s*(?:갈|가려|가는|가고|온|왔|예정)\S*"
    r"|[이가에]?\s?(?:주소지?|주민등록)(?:가|를|이)?\s?(?:인데요?|인|이고요?|예요|있고|있는데|돼\s?있\S*|되어\s?있\S*|두고\s?있\S*)"
    r"|\s?(?:에서?\s*)?(?:혼자\s*|계속\s*)?"
    r"(?:사\s?는데요?|사\s?는(?=\s)|살고\s*있\S*|살아요|살아|살고|거주\s*(?:중인데|중인|중이고|중|하는|하고)?|사람(?:인데|이에요)?)"
    r"|(?:청(?:에서|에)?|인데요?|이고요?|이에요|이예요|예요|입니다|이며|이라|임|인|에서는?|에는|에|의|에게|으?로|은|는|이|가)(?![가-힣\d]))?"
)
_EMPTY = re.compile(r"^[\s,.?!~]*$")


def without(text: str, facts: Sequence[Fact[Any]]) -> str:
    """`text` less the facts and their glue; the text itself if nothing else is in it."""
    rest = text
    for fact in sorted(facts, key=lambda fact: fact.start, reverse=True):
        rest = rest[: fact.start] + _CUT + rest[fact.end :]
    rest = " ".join(_GLUE.sub(" ", rest).replace(_CUT, " ").split())
    return " ".join(text.split()) if _EMPTY.match(rest) else rest
