"""Where in a YAML text an element stands."""

from __future__ import annotations

import yaml

Key = str | int


def line_of(source: str, path: tuple[Key, ...]) -> int:
    """The 1-based line of the element at ``path`` (keys and indices); of the nearest one above it if it is absent."""
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    line = 1
    for key in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = (node.value[key], node.value[key])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
