"""What was wrong with an input, field by field, in Korean that says what to do."""

from pydantic import ValidationError

_TEXTS = {
    "missing": "꼭 보내 주세요.",
    "extra_forbidden": "없는 항목이에요. 이름을 확인해 주세요.",
    "json_invalid": "JSON 형식이 아니에요.",
    "model_type": "JSON 객체로 보내 주세요.",
    "string_type": "글자로 보내 주세요.",
    "string_too_short": "{min_length}자 이상 입력해 주세요.",
    "string_too_long": "{max_length}자 이하로 줄여 주세요.",
    "string_pattern_mismatch": "형식이 맞지 않아요. 다시 확인해 주세요.",
    "int_type": "정수로 보내 주세요.",
    "int_parsing": "정수로 보내 주세요.",
    "int_from_float": "정수로 보내 주세요.",
    "bool_type": "true나 false로 보내 주세요.",
    "greater_than_equal": "{ge} 이상이어야 해요.",
    "less_than_equal": "{le} 이하여야 해요.",
    "literal_error": "다음 가운데 하나로 보내 주세요: {expected}",
    "uuid_parsing": "올바른 번호가 아니에요.",
    "uuid_type": "올바른 번호가 아니에요.",
    "date_type": "YYYY-MM-DD 날짜로 보내 주세요.",
    "date_parsing": "YYYY-MM-DD 날짜로 보내 주세요.",
    "date_from_datetime_parsing": "YYYY-MM-DD 날짜로 보내 주세요.",
    "tuple_type": "목록으로 보내 주세요.",
    "too_short": "{min_length}개 이상 보내 주세요.",
    "too_long": "{max_length}개까지만 보낼 수 있어요.",
    "value_error": "{error}",  # raised by our own validators, in Korean
}


def in_korean(error: ValidationError, *, root: str) -> dict[str, str]:
    """Path of each wrong field ("documents.0.note") -> what to do. `root` names an input that is wrong as a whole."""
    return {
        ".".join(map(str, problem["loc"])) or root: _TEXTS.get(problem["type"], "값을 확인해 주세요.").format(
            **problem.get("ctx", {})
        )
        for problem in error.errors(include_url=False, include_input=False)
    }
