"""`functions.yaml`, typed: the one list of Lambda functions, read by the gateway, the stack and the tests."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

RouteKey = Literal["$connect", "$default", "$disconnect"]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class FunctionsError(ValueError):
    """`functions.yaml` is missing or contradicts itself. The message says where and how."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Schedule(_Strict):
    """When AWS calls a function: six cron fields, in Asia/Seoul, and a run's events. The local gateway does not."""

    cron: str = Field(pattern=r"^\S+( \S+){5}$")
    steps: tuple[dict[str, Any], ...] = ()


class Triggers(_Strict):
    """What calls a function."""

    rest: tuple[str, ...] = ()  # tags of the REST contract
    websocket: tuple[RouteKey, ...] = ()
    url: Literal["AWS_IAM"] | None = None
    invoke: bool = False
    schedule: Schedule | None = None


class FunctionSpec(_Strict):
    """One function. `memory` in MB, `timeout` in seconds, `concurrency` in processes."""

    name: str = Field(pattern=r"^[a-zA-Z0-9-_]{1,64}$")
    description: str
    handler: str = Field(pattern=r"^[\w.]+\.\w+$")
    memory: int = Field(ge=128, le=10240)
    timeout: int = Field(ge=1, le=900)
    package: str
    role: str
    triggers: Triggers
    environment: tuple[str, ...] = ()
    retries: int = Field(2, ge=0, le=2)
    on_failure: str | None = None
    concurrency: int = Field(1, ge=1)
    reserved_concurrency: int | None = Field(None, ge=1)


class Functions(_Strict):
    """The whole file: `environment` maps a group's name to its variables, `functions` a function's name to it."""

    environment: dict[str, tuple[Variable, ...]]
    functions: dict[str, FunctionSpec]

    def __getitem__(self, name: str) -> FunctionSpec:
        return self.functions[name]

    def variables(self, name: str) -> tuple[str, ...]:
        """Names of the FINQ_* variables that the function gets."""
        return tuple(variable for group in self[name].environment for variable in self.environment[group])

    def serving_tag(self, tag: str) -> str | None:
        """Name of the function that serves the operations of `tag`."""
        return next((name for name, spec in self.functions.items() if tag in spec.triggers.rest), None)

    def serving_route(self, route_key: RouteKey) -> str | None:
        """Name of the function behind a WebSocket route."""
        return next((name for name, spec in self.functions.items() if route_key in spec.triggers.websocket), None)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name, spec in self.functions.items():
            if unknown := set(spec.environment) - self.environment.keys():
                raise ValueError(f"{name}: unknown environment groups {sorted(unknown)}")
            if spec.on_failure is not None and spec.on_failure not in self.functions:
                raise ValueError(f"{name}: on_failure names no function: {spec.on_failure}")
        triggers = [spec.triggers for spec in self.functions.values()]
        _refuse_doubles("REST tag", (tag for trigger in triggers for tag in trigger.rest))
        _refuse_doubles("WebSocket route", (key for trigger in triggers for key in trigger.websocket))
        return self


def _refuse_doubles(what: str, values: Iterable[str]) -> None:
    doubled = sorted(value for value, count in Counter(values).items() if count > 1)
    if doubled:
        raise ValueError(f"{what} served by more than one function: {', '.join(doubled)}")


def load_functions(path: Path) -> Functions:
    """Read and check the file.

    Raises:
        FunctionsError: it cannot be read, or with one line per problem in it.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, spec in document["functions"].items():
            spec["name"] = name
        return Functions.model_validate(document)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise FunctionsError(f"{path}: " + "; ".join(lines)) from None
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise FunctionsError(f"{path}: cannot be read as a list of functions ({error})") from error
