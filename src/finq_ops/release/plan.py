"""What a release is about, out of `terraform output -json` of terraform/system."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError


class ReleaseError(RuntimeError):
    """The release cannot go on. The message says why; what was live before is live again."""


@dataclass(frozen=True)
class Published:
    """One function: `key` in functions.yaml, `name` on AWS, and the version published last."""

    key: str
    name: str
    alias: str
    version: str


@dataclass(frozen=True)
class Plan:
    """All functions, and the alarms that send a release back."""

    functions: tuple[Published, ...]
    alarms: tuple[str, ...]

    def __getitem__(self, key: str) -> Published:
        return next(function for function in self.functions if function.key == key)


class _Function(BaseModel):
    name: str
    alias: str
    version: str


class _Functions(BaseModel):
    value: dict[str, _Function]


class _Alarms(BaseModel):
    value: dict[str, list[str]]


class _Outputs(BaseModel):
    functions: _Functions
    rollback_alarms: _Alarms


def read_plan(outputs: Any) -> Plan:
    """The plan in Terraform's outputs.

    Raises:
        ReleaseError: an output is missing, or a function was published without a version.
    """
    try:
        read = _Outputs.model_validate(outputs)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise ReleaseError(f"terraform output does not hold what a release needs: {fields}") from None
    functions = tuple(
        Published(key, function.name, function.alias, function.version)
        for key, function in sorted(read.functions.value.items())
    )
    if unpublished := [function.name for function in functions if not function.version.isdigit()]:
        raise ReleaseError(f"no version was published of {', '.join(unpublished)}")
    return Plan(functions, tuple(sorted({name for names in read.rollback_alarms.value.values() for name in names})))
