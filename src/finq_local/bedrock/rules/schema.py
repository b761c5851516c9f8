"""Fills any JSON schema: by what a property is called, else by the smallest value that is valid."""

import re
from collections.abc import Mapping
from typing import Any

from finq_local.bedrock.rules import facts, querying, routing
from finq_local.bedrock.rules.prompt import Prompt

Schema = Mapping[str, Any]
_UNKNOWN = object()
_NEWS = re.compile(r"news|latest|recent|뉴스|소식|최신", re.IGNORECASE)
_NEUTRAL = ("unknown", "none", "any", "other", "all")
_DEPTH = 12


def fill(schema: Schema, prompt: Prompt) -> Any:
    """A value that fits `schema`; facts that the prompt does not hold become null, or are left out."""
    return _value("", schema, prompt, schema, _DEPTH)


def _value(name: str, schema: Schema, prompt: Prompt, root: Schema, depth: int) -> Any:
    schema, nullable = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    known = _known(name, schema, prompt)
    if known is not _UNKNOWN and _fits(known, schema):
        return _within(known, schema)
    if "default" in schema:
        return schema["default"]
    if nullable or None in schema.get("enum", ()):
        return None
    if "enum" in schema:
        return _choice(schema["enum"], prompt.message)
    return _smallest(schema, prompt, root, depth)


def _known(  # noqa: PLR0911 - one return a name
    name: str, schema: Schema, prompt: Prompt
) -> Any:
    """What the rules can say of a property of this name; `_UNKNOWN` where they cannot."""
    newest_first = (prompt.message, *reversed(prompt.user_turns))
    about = f"{name} {schema.get('description', '')}"
    match name.lower():
        case "route":
            return routing.route(prompt)
        case "query" | "search_query" | "q":
            return querying.search_query(prompt)
        case "wider_query" | "broader_query":
            return querying.wider_query(prompt)
        case "age" | "나이":
            today = prompt.profile.get("today", "")
            said = (facts.age(text, today) for text in newest_first)
            return next((age for age in said if age is not None), _UNKNOWN)
        case "region" | "지역":
            return next(filter(None, map(facts.region, newest_first)), _UNKNOWN)
        case "employment" | "취업":
            return next(filter(None, map(facts.employment, newest_first)), _UNKNOWN)
    if schema.get("type") == "boolean":
        return bool(_NEWS.search(about)) and routing.needs_news(prompt.message)
    return _UNKNOWN


def _resolved(schema: Schema, root: Schema) -> tuple[Schema, bool]:
    """(the schema without references and unions, whether null is allowed): the first member but null is taken."""
    nullable = False
    for _ in range(_DEPTH):
        if reference := schema.get("$ref"):
            target: Any = root
            for part in str(reference).removeprefix("#/").split("/"):
                target = target.get(part, {})
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
            continue
        members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if members:
            nullable = nullable or any(member.get("type") == "null" for member in members)
            chosen: Schema = next((member for member in members if member.get("type") != "null"), {})
            rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
            schema = {**chosen, **rest}
            continue
        kind = schema.get("type")
        if isinstance(kind, list):
            nullable = nullable or "null" in kind
            schema = {**schema, "type": next((one for one in kind if one != "null"), "null")}
        break
    return schema, nullable


def _fits(value: Any, schema: Schema) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    kinds = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}
    expected = kinds.get(schema.get("type", ""))
    return expected is None or (isinstance(value, expected) and isinstance(value, bool) == (expected is bool))


def _within(value: Any, schema: Schema) -> Any:
    if isinstance(value, str):
        longest = schema.get("maxLength")
        return (value if longest is None else value[:longest]).ljust(schema.get("minLength", 0), "·")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = max(value, schema.get("minimum", value))
        return min(value, schema.get("maximum", value))
    return value


def _choice(options: list[Any], message: str) -> Any:
    """The option that the message names, else a neutral one, else the first."""
    named = (option for option in options if isinstance(option, str) and len(option) > 1 and option in message)
    neutral = (option for option in options if isinstance(option, str) and option.lower() in _NEUTRAL)
    return next(named, next(neutral, options[0]))


def _smallest(  # noqa: PLR0911 - one return a type
    schema: Schema, prompt: Prompt, root: Schema, depth: int
) -> Any:
    match schema.get("type", "object" if "properties" in schema else "string"):
        case "object":
            required = schema.get("required", ())
            properties = schema.get("properties", {})
            if depth == 0:  # a schema that contains itself
                return {}
            return {
                name: _value(name, properties.get(name, {}), prompt, root, depth - 1)
                for name in {**properties, **dict.fromkeys(required)}
                if name in required or _worth_saying(name, properties[name], prompt, root)
            }
        case "array":
            items = schema.get("items", {})
            options = _resolved(items, root)[0].get("enum", [])
            named = [option for option in options if isinstance(option, str) and option in prompt.message]
            least = schema.get("minItems", 0)
            others = [option for option in options if option not in named]
            chosen = named + others[: max(0, least - len(named))]
            rest = range(least - len(chosen))
            return chosen + [_value("", items, prompt, root, depth - 1) for _ in rest]
        case "integer":
            return int(_within(0, _inclusive(schema)))
        case "number":
            return _within(0, _inclusive(schema))
        case "boolean":
            return False
        case "null":
            return None
    return _within(prompt.message, schema)


def _worth_saying(name: str, schema: Schema, prompt: Prompt, root: Schema) -> bool:
    """Optional properties are given where the rules know them or null says that they do not."""
    resolved, nullable = _resolved(schema, root)
    return nullable or _known(name, resolved, prompt) is not _UNKNOWN


def _inclusive(schema: Schema) -> Schema:
    """Exclusive bounds as inclusive ones, for whole numbers."""
    bounds = dict(schema)
    if "exclusiveMinimum" in schema:
        bounds["minimum"] = max(schema["exclusiveMinimum"] + 1, schema.get("minimum", schema["exclusiveMinimum"] + 1))
    if "exclusiveMaximum" in schema:
        bounds["maximum"] = min(schema["exclusiveMaximum"] - 1, schema.get("maximum", schema["exclusiveMaximum"] - 1))
    return bounds
