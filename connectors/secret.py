"""Secrets stand in the TOML by name only: ``{ env = "NAME" }`` or ``{ file = "path" }``.

A secret's value is in no message, no repr and no log. The validation context may tell ``folder`` (where paths
start), ``env`` and ``warnings`` (a list to add to); without it they are this process's own.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, ValidationInfo

FORMS = '{ env = "NAME" } or { file = "path" }'


def resolve(value: Any, info: ValidationInfo) -> Any:
    """Read the secret a table names; a plain string is refused, so that no secret stands in the TOML."""
    return _resolve(value, info.context or {})


def _resolve(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, SecretStr):
        return value
    if isinstance(value, str):
        raise ValueError(f"a secret never stands in this file; say where it is: {FORMS}")
    match value:
        case {"env": str(name)} if len(value) == 1:
            return _from_environment(name, context.get("env", os.environ))
        case {"file": str(name)} if len(value) == 1:
            return _from_file(context.get("folder", Path()) / name, name, context.get("warnings", []))
    raise ValueError(f"write {FORMS}, exactly one of the two")


def _from_environment(name: str, environ: Mapping[str, str]) -> SecretStr:
    if not environ.get(name):
        state = "is empty" if name in environ else "is not set"
        raise ValueError(
            f"environment variable {name} {state}; set it where fanlight starts, or use {{ file = … }}"
        )
    return SecretStr(environ[name])


def _from_file(path: Path, name: str, warnings: list[str]) -> SecretStr:
    try:
        text = path.read_text("utf-8").strip()
        others = path.stat().st_mode & 0o077
    except OSError as error:
        raise ValueError(
            f"cannot read {name} ({error.strerror}); the path starts at this file's folder"
        ) from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not a text file; put the secret there as plain text") from None
    if not text:
        raise ValueError(f"{name} is empty; put the secret there as plain text")
    if others:
        warnings.append(f"{name} can be read by other users of this machine; cure: chmod 600 {path}")
    return SecretStr(text)


def resolve_private(value: Any, info: ValidationInfo) -> Any:
    """The same, for what opens other secrets: a file that others may read is refused."""
    warnings: list[str] = []
    context = {**(info.context or {}), "warnings": warnings}
    found = _resolve(value, context)
    if warnings:
        raise ValueError(f"{warnings[0]}; until then it is not used")
    return found


Secret = Annotated[SecretStr, BeforeValidator(resolve)]
PrivateSecret = Annotated[SecretStr, BeforeValidator(resolve_private)]
