"""docs/operations.md says what to do at each alarm that Terraform defines."""

import re

from finq_local.stack.layout import PROJECT

OBSERVABILITY = PROJECT / "terraform" / "modules" / "observability" / "main.tf"


def test_each_alarm_has_its_entry() -> None:
    # `"${...}-NAME`, as a key of the table of alarms or as the name of one.
    lines = OBSERVABILITY.read_text(encoding="utf-8").splitlines()
    naming = [line for line in lines if re.search(r'"\$\{.*(?:=> \{|= \{)$|alarm_name .*"\$\{', line)]
    found = [re.search(r"\$\{[\w.]+\}-([a-z0-9]+(?:-[a-z0-9]+)*)", line) for line in naming]
    defined = {name[1] for name in found if name}
    assert len(defined) >= 11
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    entries = re.findall(r"^\| `(?:FUNCTION-|MACHINE-|failures-)?([a-z0-9-]+?)(?:-MODEL)?` \|", page, re.MULTILINE)
    assert set(entries) == defined
