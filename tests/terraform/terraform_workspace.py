"""Terraform in a copy of the repository's configuration, and where its provider is."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finq_local.stack.layout import PROJECT

DIGEST = f"sha256:{'0' * 64}"
VARIABLES = {
    "images": {package: f"registry.example.com/finq-{package}@{DIGEST}" for package in ("backend", "chatbot", "etl")},
    "zips_prefix": "commit",
}
# Merged into a root by Terraform itself: state in a file, and no question to AWS.
OVERRIDE = """
terraform {
  backend "local" {}
}
provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true
  max_retries                 = 2
}
"""


def plugins() -> Path | None:
    """The folder of unpacked providers: FINQ_TERRAFORM_PLUGINS, or one near the root of the file system; else None."""
    if named := os.environ.get("FINQ_TERRAFORM_PLUGINS"):
        return Path(named)
    found = (path for depth in ("", "*/", "*/*/") for path in Path("/").glob(f"{depth}registry.terraform.io"))
    return next((path.parent for path in found if (path / "hashicorp" / "aws").is_dir()), None)


class TerraformFailed(Exception):
    """A command ended otherwise than it should have; the message is what it said."""


@dataclass(frozen=True)
class Root:
    """One root module."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, command: str, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Standard output of `terraform COMMAND`.

        Raises:
            TerraformFailed: its exit code is none of `codes`.
        """
        process = subprocess.Popen(
            ["terraform", command, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGINT)  # it writes its state down
            process.communicate()
            raise
        if process.returncode not in codes:
            raise TerraformFailed(f"terraform {command}: {out[-6000:]}\n{err[-6000:]}")
        return out

    def init(self) -> None:
        """Find the provider, offline where it lies unpacked, by the committed lock file."""
        folder = plugins()
        offline = [] if folder is None else [f"-plugin-dir={folder}"]
        self.run("init", "-input=false", "-no-color", *offline)

    def json(self, *arguments: str) -> Any:
        """`terraform show -json`."""
        return json.loads(self.run("show", "-json", *arguments))


def copied(folder: Path) -> Path:
    """The configuration and what it reads, in `folder`."""
    for name in ("terraform", "api"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    shutil.copy(PROJECT / "functions.yaml", folder)
    for root in ("account", "system"):
        (folder / "terraform" / root / "test_override.tf").write_text(OVERRIDE, encoding="utf-8")
    return folder / "terraform"


def environment(endpoint: str | None = None) -> dict[str, str]:
    """Variables of terraform's process: nobody's own settings, and where AWS is."""
    quiet = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    configuration = os.environ.get("TF_CLI_CONFIG_FILE")
    if configuration is not None and not Path(configuration).exists():
        quiet["TF_CLI_CONFIG_FILE"] = os.devnull
    return quiet | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})
