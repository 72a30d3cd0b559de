"""Judges a Kubernetes manifest by the models that lightkube makes of Kubernetes' own schema."""

from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from msgspec import Struct, structs


def manifest_faults(unit: dict[str, Any]) -> list[str]:
    """Return what Kubernetes would refuse of a manifest: unknown, missing and misshapen fields. Skip without models."""
    pytest.importorskip("lightkube.models", reason="the manifests take the package lightkube")
    group, _, version = unit["apiVersion"].rpartition("/")
    module = import_module(f"lightkube.models.{group.partition('.')[0] or 'core'}_{version}")
    return _faults(unit, getattr(module, unit["kind"]), unit["kind"])


def _faults(value: Any, kind: Any, place: str) -> list[str]:
    arms = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return min((_faults(value, arm, place) for arm in arms if arm is not NoneType), key=len)
    if get_origin(kind) is list and isinstance(value, list):
        return [fault for at, each in enumerate(value) for fault in _faults(each, arms[0], f"{place}[{at}]")]
    if get_origin(kind) is dict and isinstance(value, dict):
        return [fault for name, each in value.items() for fault in _faults(each, arms[1], f"{place}.{name}")]
    if isinstance(kind, type) and issubclass(kind, Struct) and isinstance(value, dict):
        return _struct_faults(value, kind, place)
    fits = isinstance(value, get_origin(kind) or kind) and (kind is bool or not isinstance(value, bool))
    return [] if fits else [f"{place} is {value!r}"]


def _struct_faults(value: dict[str, Any], kind: type[Struct], place: str) -> list[str]:
    known = {field.encode_name: field for field in structs.fields(kind)}
    needed = {name for name, field in known.items() if field.required}
    faults = [f"{place} has no {name}" for name in sorted(needed - value.keys())]
    for name, each in value.items():
        if name not in known:
            faults.append(f"{place} knows no {name}")
        else:
            faults += _faults(each, known[name].type, f"{place}.{name}")
    return faults
