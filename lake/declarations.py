"""Declarations in YAML (sources, contracts): read, checked against a model, with file and line in every complaint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lake.errors import TerminalError
from lake.messages import text

Model = TypeVar("Model", bound=BaseModel)


class _UniqueKeyLoader(yaml.CSafeLoader):
    """A key written twice would silently win over the first one; dates stay text so that the model reads them."""


def _mapping_once(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


def construct_mapping_once(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    """A constructor of mappings for a loader of PyYAML that refuses a key written twice."""
    return _mapping_once(loader, node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_mapping_once)


def read_yaml(file: Path) -> tuple[dict[str, Any], yaml.Node]:
    """The mapping in ``file`` and its node tree (for line numbers).

    Raises ``TerminalError`` (``lake.declaration_unreadable``) for a file that is missing, not UTF-8, not YAML, that
    writes a key twice, or that holds no mapping.
    """
    try:
        source = file.read_text(encoding="utf-8")
        loader = _UniqueKeyLoader(source)
        try:
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise _unreadable(file, 1, text("declarations.not_utf8")) from error
    except OSError as error:
        raise _unreadable(file, 1, error.strerror or str(error)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(file, mark.line + 1 if mark else 1, error.problem or str(error)) from error
    except yaml.YAMLError as error:
        raise _unreadable(file, 1, str(error)) from error
    if not isinstance(data, dict) or node is None:
        raise _unreadable(file, 1, text("declarations.no_mapping"))
    return data, node


def load_declaration(file: Path, model: type[Model]) -> tuple[Model, yaml.Node]:
    """``file`` as ``model``, and its node tree (for line numbers).

    Raises ``TerminalError`` naming file, line, field and remedy for the first thing wrong.
    """
    data, node = read_yaml(file)
    try:
        return model.model_validate(data), node
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(part for part in first["loc"] if isinstance(part, str | int))
        raise wrong(file, node, place, _problem(first, model)) from error


def wrong(file: Path, node: yaml.Node, place: Iterable[str | int], problem: str) -> TerminalError:
    """The error for a declaration wrong at ``place`` (keys and indexes from the top) in the way ``problem`` says."""
    place = tuple(place)
    return TerminalError(
        "declarations.wrong",
        file=file,
        line=line_of(node, place),
        place=".".join(str(part) for part in place) or "-",
        problem=problem,
    )


def line_of(node: yaml.Node, place: Iterable[str | int]) -> int:
    """The line (from 1) of ``place`` in the tree, or of the nearest ancestor that is there."""
    line = node.start_mark.line + 1
    for part in place:
        child = _child(node, part)
        if child is None:
            continue  # a missing key, or the kind by which one of several models was chosen
        line, node = child
    return line


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _problem(first: Any, model: type[BaseModel]) -> str:
    if first["type"] == "missing":
        return text("declarations.missing_key", key=first["loc"][-1])
    if first["type"] == "extra_forbidden":
        known = sorted(_field_names(model))
        near = difflib.get_close_matches(str(first["loc"][-1]), known, 1, 0.6)
        return text("declarations.unknown_key", key=first["loc"][-1], known=near[0] if near else ", ".join(known))
    return text("declarations.bad_value", value=repr(first.get("input"))[:80], detail=first["msg"])


def _field_names(model: type[BaseModel]) -> set[str]:
    """All keys a declaration of this kind may use, at any depth."""
    names: set[str] = set()
    for definition in [model.model_json_schema(), *model.model_json_schema().get("$defs", {}).values()]:
        names.update(definition.get("properties", {}))
    return names


def _unreadable(file: Path, line: int, detail: str) -> TerminalError:
    return TerminalError("declarations.unreadable", file=file, line=line, detail=detail)
