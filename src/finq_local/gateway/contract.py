"""The REST contract as API Gateway imports it: routes, validators, binary types and gateway responses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from openapi_schema_validator import OAS30Validator

METHODS = ("get", "post", "put", "patch", "delete", "head")
PLACEHOLDER = re.compile(r"\{([^}/]+)\}")


class ContractError(ValueError):
    """The contract is missing, unreadable or asks for something that no function serves."""


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        resource: the path as written in the contract, with `{names}`.
        required: (where, name) of the parameters that the validator demands, where "query" or "header".
        body: validator of the JSON body, or None.
    """

    method: str
    resource: str
    resource_id: str
    tag: str
    authorized: bool
    required: tuple[tuple[str, str], ...]
    body: OAS30Validator | None

    def missing_parameters(self, query: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
        """Names of required parameters that are absent or blank; header names are looked up in lower case."""
        present = {"query": query, "header": headers}
        return [
            name
            for where, name in self.required
            if not present[where].get(name.lower() if where == "header" else name, "").strip()
        ]


@dataclass(frozen=True)
class Match:
    """An operation and the values of its path parameters, URL-decoded."""

    operation: Operation
    parameters: dict[str, str]


@dataclass(frozen=True)
class _Path:
    pattern: re.Pattern[str]
    operations: dict[str, Operation]


class Contract:
    """Routes of a parsed OpenAPI 3.0 document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.gateway_responses: Mapping[str, Any] = document.get("x-amazon-apigateway-gateway-responses", {})
        self.binary_types = tuple(document.get("x-amazon-apigateway-binary-media-types", ()))
        self._document = document
        paths = {path: self._operations(path, item) for path, item in document["paths"].items()}
        # API Gateway prefers a literal segment to a parameter, from left to right.
        ordered = sorted(paths, key=lambda path: [PLACEHOLDER.sub("\uffff", part) for part in path.split("/")])
        self._paths = [_Path(_pattern(path), paths[path]) for path in ordered]

    @property
    def operations(self) -> list[Operation]:
        """Every operation."""
        return [operation for path in self._paths for operation in path.operations.values()]

    def match(self, method: str, path: str) -> Match | None:
        """The operation for a request; `path` still percent-encoded."""
        for candidate in self._paths:
            if found := candidate.pattern.fullmatch(path):
                operation = candidate.operations.get(method)
                if operation is None:
                    return None
                return Match(operation, {name: unquote(value) for name, value in found.groupdict().items()})
        return None

    def methods(self, path: str) -> list[str]:
        """Methods of the path; empty if there is no such path."""
        for candidate in self._paths:
            if candidate.pattern.fullmatch(path):
                return list(candidate.operations)
        return []

    def _operations(self, path: str, item: Mapping[str, Any]) -> dict[str, Operation]:
        return {
            method.upper(): self._operation(method.upper(), path, item, item[method])
            for method in METHODS
            if method in item
        }

    def _operation(self, method: str, path: str, item: Mapping[str, Any], spec: Mapping[str, Any]) -> Operation:
        where = f"{method} {path}"
        if len(spec.get("tags", [])) != 1:
            raise ContractError(f"{where}: needs exactly one tag")
        security = spec.get("security", self._document.get("security", []))
        if security not in ([], [{"cognito": []}]):
            raise ContractError(f"{where}: security must be [] or [{{cognito: []}}]")
        validator = self._validator(spec)
        parameters = [
            self._resolve(parameter) for parameter in (*item.get("parameters", ()), *spec.get("parameters", ()))
        ]
        required = [(p["in"], p["name"]) for p in parameters if p.get("required") and p["in"] in ("query", "header")]
        content = self._resolve(spec.get("requestBody", {})).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        body = None
        if validator.get("validateRequestBody") and schema is not None:
            body = OAS30Validator({"allOf": [schema], "components": self._document.get("components", {})})
        return Operation(
            method=method,
            resource=path,
            resource_id=re.sub(r"[^a-z0-9]", "", where.lower())[-10:],
            tag=spec["tags"][0],
            authorized=bool(security),
            required=tuple(required) if validator.get("validateRequestParameters") else (),
            body=body,
        )

    def _validator(self, spec: Mapping[str, Any]) -> Mapping[str, Any]:
        key = "x-amazon-apigateway-request-validator"
        name = spec.get(key, self._document.get(key))
        validators: Mapping[str, Any] = self._document.get("x-amazon-apigateway-request-validators", {})
        return validators[name] if name is not None else {}

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in node:
            return node
        target: Any = self._document
        for key in node["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        return self._resolve(target)


def _pattern(path: str) -> re.Pattern[str]:
    parts = PLACEHOLDER.split(path)
    literals = [re.escape(part) for part in parts[::2]]
    groups = [f"(?P<{name}>[^/]+)" for name in parts[1::2]]
    return re.compile("".join(a + b for a, b in zip(literals, [*groups, ""], strict=True)))


def load_contract(path: Path, variables: Mapping[str, str]) -> Contract:
    """Read the contract, with Terraform's `${name}` filled in from `variables`.

    Raises:
        ContractError: naming the file and what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        for name, value in variables.items():
            text = text.replace(f"${{{name}}}", value)
        return Contract(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both safe
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from None
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{path}: cannot be read as an OpenAPI document ({error!r})") from error
