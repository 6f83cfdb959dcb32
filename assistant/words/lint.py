"""Faults of a template that can be seen without rendering it."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, get_args, get_origin

import jinja2
import msgspec
from jinja2 import meta, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.words.guard import Guard

REQUIRED = {"will_call_at.txt.j2": ("at",), "hold.txt.j2": ("caller",), "digest.txt.j2": ("items",)}
"""Variables without which a text would not do its job."""


def syntax_fault(error: jinja2.TemplateSyntaxError) -> str:
    """Return why Jinja cannot read a template, with the remedy."""
    return f"line {error.lineno}: {error.message}. Correct the Jinja syntax there"


def static_faults(
    name: str, text: str, env: jinja2.Environment, facts: type[msgspec.Struct], guard: Guard
) -> Iterator[str]:
    """Yield the faults of one template that Jinja can read, each with its remedy, without the file's name."""
    tree = env.parse(text)
    known = facts.__struct_fields__
    used = meta.find_undeclared_variables(tree)
    for variable in sorted(used - set(known)):
        yield f"there is no variable {variable}. This template has: {', '.join(known)}"
    for variable in REQUIRED.get(name, ()):
        if variable not in used:
            yield f"it never uses {variable}. Write {{{{ {variable} }}}} (with a field or filter) where it belongs"
    if any(True for _ in meta.find_referenced_templates(tree)):
        yield "it includes another file. A template stands alone: copy the text in"
    yield from _field_faults(tree, facts)
    for phrase in dict.fromkeys((*guard.find(_words(tree, nodes.TemplateData)), *guard.find(_words(tree)))):
        yield guard.advice(phrase)


def _words(tree: nodes.Template, *kinds: type[nodes.Node]) -> str:
    """Return the text of a template in order, with the string constants unless only `kinds` are asked for."""
    found = tree.find_all(kinds or (nodes.TemplateData, nodes.Const))
    values = (getattr(node, "data", getattr(node, "value", None)) for node in found)
    return "".join(value for value in values if isinstance(value, str))


def _field_faults(tree: nodes.Template, facts: type[msgspec.Struct]) -> Iterator[str]:
    types = {field.name: field.type for field in msgspec.structs.fields(facts)}
    for loop in tree.find_all(nodes.For):
        if isinstance(loop.target, nodes.Name):
            types.setdefault(loop.target.name, _element(_type_of(loop.iter, types)))
    for node in tree.find_all(nodes.Getattr):
        if node.attr.startswith("_"):
            yield f"line {node.lineno}: {node.attr} is out of bounds. Use the variables in templates/README.md only"
            continue
        owner = _struct(_type_of(node.node, types))
        if owner and node.attr not in owner.__struct_fields__:
            fields = ", ".join(owner.__struct_fields__)
            yield f"line {node.lineno}: {owner.__name__} has no field {node.attr}. It has: {fields}"


def _type_of(node: nodes.Node, types: dict[str, object]) -> object:
    if isinstance(node, nodes.Name):
        return types.get(node.name)
    if isinstance(node, nodes.Getitem):
        owner = _type_of(node.node, types)
        return owner if isinstance(node.arg, nodes.Slice) else _element(owner)
    if isinstance(node, nodes.Getattr):
        struct = _struct(_type_of(node.node, types))
        fields = msgspec.structs.fields(struct) if struct else ()
        return next((field.type for field in fields if field.name == node.attr), None)
    return None


def _element(kind: object) -> object:
    return get_args(kind)[0] if get_origin(kind) is tuple else None


def _struct(kind: object) -> type[msgspec.Struct] | None:
    """Return the record behind a type, also behind "or None"."""
    options = [one for one in get_args(kind) if one is not NoneType] if isinstance(kind, UnionType) else [kind]
    only = options[0] if len(options) == 1 else None
    return only if isinstance(only, type) and issubclass(only, msgspec.Struct) else None
