"""What pydantic found wrong, in words a tired person can act on: what it is, and the cure.

A value is quoted only where a list or a pattern refused it; what may be a secret never is.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from sync.config.toml_text import Place

SAID = "said"  # the type of errors whose message is already ours
# What a pattern wants, said without the pattern.
PATTERNS = {
    r"^[a-z][a-z0-9-]{0,39}$": "use lower-case letters, digits and hyphens, a letter first, at most 40",
    r"^[1-9][0-9]*(s|m|h|d)$": 'write a number and its unit, like "30s", "15m", "2h" or "1d"',
    r"^#[0-9a-fA-F]{6}$": 'write a colour like "#1f5f8b"',
    r"^[A-Z]{3}$": 'write the three capital letters of the currency, like "EUR"',
}
WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "int_from_float": "a whole number",
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "dict_type": "a table: key = value pairs",
    "model_type": "a table: key = value pairs",
    "tuple_type": "a list in [square brackets]",
    "list_type": "a list in [square brackets]",
    "path_type": "a path in quotes",
}


def refusal(complaints: Iterable[tuple[Place, str]]) -> ValidationError:
    """An error for a validator to raise: several things at once, each at its own place below the value."""
    errors = [
        InitErrorDetails(type=PydanticCustomError(SAID, "{said}", {"said": said}), loc=place, input=None)
        for place, said in complaints
    ]
    return ValidationError.from_exception_data("refused", errors)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'did you mean "every"?' where something is close, else the list of what is known."""
    names = sorted(known)
    close = get_close_matches(word.casefold(), names, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(names) or 'none'}"


def complaints(error: ValidationError, root: type[BaseModel]) -> list[tuple[Place, str]]:
    """Every problem in ``error`` with its place; ``root`` is the model that was validated."""
    errors = error.errors()
    places = [each["loc"] for each in errors]
    return [(each["loc"], _words(each, root)) for each in errors if not _echo(each, places)]


def _echo(error: ErrorDetails, places: list[Place]) -> bool:
    """Whether a list counts as empty only because something in it is wrong."""
    place = error["loc"]
    return error["type"] == "too_short" and any(p[: len(place)] == place and p != place for p in places)


def _words(error: ErrorDetails, root: type[BaseModel]) -> str:
    place, context = error["loc"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"is not a known key; {did_you_mean(str(place[-1]), _fields_at(root, place[:-1]))}"
        case "missing":
            field = _fields_at(root, place[:-1]).get(str(place[-1]))
            return f"is missing; add it{f': {field.description}' if field and field.description else ''}"
        case "literal_error":
            choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
            return f"{_quoted(error['input'])} cannot be used; {did_you_mean(str(error['input']), choices)}"
        case "string_pattern_mismatch":
            cure = PATTERNS.get(context["pattern"], f"it must match {context['pattern']}")
            return f"{_quoted(error['input'])} cannot be used; {cure}"
        case "string_too_short" | "too_short":
            return "is empty; fill it in"
        case "string_too_long":
            return f"is too long; {context['max_length']} characters at most"
        case "value_error":
            return str(context["error"])
        case kind if kind in WANTED:
            return f"must be {WANTED[kind]}"
    return error["msg"][:1].lower() + error["msg"][1:]


def _quoted(told: Any) -> str:
    return f'"{told}"' if isinstance(told, str) and len(told) <= 40 else "this value"


def _fields_at(root: type[BaseModel], place: Place) -> dict[str, FieldInfo]:
    """The keys that may stand at ``place`` with their fields, found by walking the annotations."""
    here: Any = root
    for part in place:
        fields = _fields(here)
        here = _bare(fields[str(part)].annotation) if str(part) in fields else _element(here)
    return _fields(here)


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in annotation.model_fields.items()}


def _element(annotation: Any) -> Any:
    """What a container holds: the values of a dict, the members of a list or tuple."""
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    return _bare(arguments[-1]) if arguments else None


def _bare(annotation: Any) -> Any:
    """An annotation without Annotated and without None; of a union, the first table or container."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next(
            (bare for bare in map(_bare, get_args(annotation)) if _fields(bare) or get_args(bare)), None
        )
    return annotation
