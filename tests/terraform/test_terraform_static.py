"""What can be said of terraform/ without applying it."""

import json
import re
import subprocess

import pytest
import yaml
from terraform_workspace import Root

from finq_local.stack.layout import PROJECT

TERRAFORM = PROJECT / "terraform"


def test_everything_is_formatted(terraform: dict[str, Root]) -> None:
    folder = terraform["system"].folder.parent
    assert terraform["system"].run("fmt", "-check", "-recursive", str(folder)) == ""


@pytest.mark.parametrize("root", ["account", "system"])
def test_a_root_is_valid(terraform: dict[str, Root], root: str) -> None:
    assert json.loads(terraform[root].run("validate", "-json"))["diagnostics"] == []


def test_what_would_be_made_equals_the_contracts(terraform: dict[str, Root]) -> None:
    assert "0 failed" in terraform["system"].run("test", "-no-color")


def test_no_policy_is_broken_without_a_reason() -> None:
    result = subprocess.run(
        [str(PROJECT / "scripts" / "scan"), "terraform", "json"], capture_output=True, text=True, check=False
    )
    if result.returncode == 3:
        pytest.skip("checkov cannot be installed: no package index")
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 200
    assert [(check["check_id"], check["file_path"]) for check in report["results"]["failed_checks"]] == []
    assert all(len(check["check_result"]["suppress_comment"]) > 15 for check in report["results"]["skipped_checks"])


def test_no_role_may_do_anything_to_everything() -> None:
    """`*` alone is nobody's action; as a resource it is for actions alone that know no other."""
    wide = {"Tracing", "SeeInterfaces", "Logs", "Most"}
    for path in (TERRAFORM / "modules").rglob("*.tf"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'[Aa]ctions?\s*=\s*\[?\s*"\*"', text), path
        for found in re.finditer(r'[Rr]esources?\s*=\s*\[?"\*"', text):
            sids = re.findall(r'[Ss]id\s*=\s*"(\w+)"', text[: found.start()])
            assert sids[-1] in wide, (path, sids[-1])


def test_environments_differ_in_names_and_lock_their_state() -> None:
    for name in ("dev", "prod"):
        backend = (TERRAFORM / "system/environments" / f"{name}.s3.tfbackend").read_text(encoding="utf-8")
        assert f'"{name}/terraform.tfstate"' in backend
        assert re.search(r"^use_lockfile = true$", backend, re.MULTILINE)
        values = (TERRAFORM / "system/environments" / f"{name}.tfvars").read_text(encoding="utf-8")
        assert re.search(rf'^environment\s+= "{name}"$', values, re.MULTILINE)


def test_functions_that_need_no_internet_have_no_way_out() -> None:
    functions = yaml.safe_load((PROJECT / "functions.yaml").read_text(encoding="utf-8"))["functions"]
    settings = (TERRAFORM / "system/settings.tf").read_text(encoding="utf-8")
    found = re.search(r"internet_groups = toset\(concat\(\n\s+\[([^\]]+)\]", settings)
    assert found
    internet = set(re.findall(r'"(\w+)"', found[1]))
    isolated = {name for name, function in functions.items() if not internet & set(function["environment"])}
    assert {"finkurn-ws-disconnect", "finkurn-check-pgvector", "finkurn-install-pgvector"} <= isolated
