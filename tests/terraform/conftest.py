"""Terraform and its provider, where they are at hand."""

import shutil
from pathlib import Path

import pytest
from terraform_workspace import Root, TerraformFailed, copied, environment


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Root]:
    """The roots `account` and `system`, initialised, in a copy; state in files."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    folder: Path = copied(tmp_path_factory.mktemp("terraform"))
    roots = {name: Root(folder / name, environment()) for name in ("account", "system")}
    for root in roots.values():
        try:
            root.init()
        except TerraformFailed as error:
            if "registry.terraform.io" in str(error):
                pytest.skip("the AWS provider is neither unpacked here nor can its registry be reached")
            raise
    return roots
