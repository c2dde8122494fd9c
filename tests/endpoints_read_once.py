"""What FastAPI reads in the signatures of endpoints, read once per process.

Most tests build an app of their own: of the same functions, with other things around them. Reading what two hundred
endpoints take and answer is nine tenths of that work, and comes to the same each time. What endpoints depend on
differs from app to app: it is read once for all endpoints of an app that depend on it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from fastapi import routing
from fastapi.dependencies import models, utils
from fastapi.utils import get_path_param_names

Reading = Callable[[Callable[..., Any]], inspect.Signature]

_PLAIN = (type(None), bool, int, float, str)
_DEPENDENCIES_MAX = 2000
_dependencies: dict[object, tuple[object, models.Dependant]] = {}


def read_once() -> None:
    """Lets FastAPI read each endpoint once, from now on."""
    reading, answering = vars(utils), vars(routing)
    for name in ("_get_signature", "get_typed_signature"):
        reading[name] = _signatures_read_once(reading[name])
    reading["analyze_param"] = _parameters_read_once(reading["analyze_param"])
    # Only for what is below an endpoint: that one asks for its own by another name.
    reading["get_dependant"] = _dependencies_read_once(reading["get_dependant"])
    answering["create_model_field"] = _answers_read_once(answering["create_model_field"])


def let_go() -> None:
    """Lets go of the endpoints that FastAPI has seen: it keeps the last thousands, and they keep their apps."""
    _dependencies.clear()
    models._is_gen_callable_cached.cache_clear()
    models._is_async_gen_callable_cached.cache_clear()
    models._is_coroutine_callable_cached.cache_clear()


def _signatures_read_once(read: Reading) -> Reading:
    kept: dict[object, inspect.Signature] = {}

    def signature(call: Callable[..., Any]) -> inspect.Signature:
        function = _function_of(call)
        if function is None:
            return read(call)
        key = (function.__code__, function is call)
        known = kept.get(key)
        if known is None:
            known = kept[key] = read(call)
        return _with_defaults_of(function, known)

    return signature


def _function_of(call: Callable[..., Any]) -> FunctionType | None:
    """The function that is called, where its code says all about its parameters but their defaults."""
    function = call if isinstance(call, FunctionType) else getattr(call, "__func__", None)
    if function is None and not isinstance(call, type):
        function = vars(type(call)).get("__call__")
    if not isinstance(function, FunctionType) or function.__dict__:
        return None
    made_anew = "<locals>" in function.__qualname__
    in_words = all(isinstance(each, str) for each in function.__annotations__.values())
    return function if in_words or not made_anew else None


def _with_defaults_of(function: FunctionType, read: inspect.Signature) -> inspect.Signature:
    """The signature with what this very function depends on."""
    by_place = [each.name for each in read.parameters.values() if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    given = function.__defaults__ or ()
    defaults = dict(zip(by_place[len(by_place) - len(given) :], given, strict=True)) | (function.__kwdefaults__ or {})
    if all(read.parameters[name].default is default for name, default in defaults.items()):
        return read
    return read.replace(
        parameters=[
            each.replace(default=defaults[each.name]) if each.name in defaults else each
            for each in read.parameters.values()
        ]
    )


def _parameters_read_once(read: Callable[..., utils.ParamDetails]) -> Callable[..., utils.ParamDetails]:
    kept: dict[object, tuple[object, utils.ParamDetails]] = {}

    def parameter(*, param_name: str, annotation: Any, value: Any, path_param_names: set[str]) -> utils.ParamDetails:
        told = {
            "param_name": param_name,
            "annotation": annotation,
            "value": value,
            "path_param_names": path_param_names,
        }
        if value is not inspect.Signature.empty and not isinstance(value, _PLAIN):
            return read(**told)
        in_path = frozenset(path_param_names) if param_name in path_param_names else None
        # By its id: two annotations that are equal may differ in what they tell. It is kept, so no other gets that id.
        key = (param_name, id(annotation), type(value), value, in_path)
        known = kept.get(key)
        if known is None:
            known = kept[key] = (annotation, read(**told))
        return known[1]

    return parameter


def _dependencies_read_once(read: Callable[..., models.Dependant]) -> Callable[..., models.Dependant]:
    def dependency(*, path: str, call: Callable[..., Any], **told: Any) -> models.Dependant:
        # By identity: what is equal in another app is no less another one. It is kept, so no other gets that id.
        whose = (id(call.__self__), call.__func__) if isinstance(call, MethodType) else id(call)
        asked = tuple((name, tuple(each) if isinstance(each, list) else each) for name, each in sorted(told.items()))
        key = (whose, frozenset(get_path_param_names(path)), asked)
        known = _dependencies.get(key)
        if known is None:
            if len(_dependencies) >= _DEPENDENCIES_MAX:
                _dependencies.clear()
            known = _dependencies[key] = (call, read(path=path, call=call, **told))
        return known[1]

    return dependency


def _answers_read_once(make: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[object, Any] = {}

    def field(*, name: str, type_: Any, mode: str) -> Any:
        key = (name, type_, mode)
        try:
            known = kept.get(key)
        except TypeError:  # It tells something that is no key.
            return make(name=name, type_=type_, mode=mode)
        if known is None:
            known = kept[key] = make(name=name, type_=type_, mode=mode)
        return known

    return field
