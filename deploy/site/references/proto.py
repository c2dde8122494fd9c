"""The reference of the messages that cross a border, with the comments of proto/, read by the compiler itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from grpc_tools import protoc

from deploy.site.errors import SiteError
from deploy.site.references.tables import cell, code, table

_MESSAGES, _ENUMS, _SERVICES, _FIELDS, _NESTED, _NESTED_ENUMS = 4, 5, 6, 2, 3, 4
"""Numbers of these lists in a descriptor, by which the compiler says where a comment stands."""
_SYNTAX, _PACKAGE = 12, 2

Place = tuple[int, ...]


@dataclass(frozen=True)
class _File:
    descriptor: FileDescriptorProto
    comments: dict[Place, str]
    homes: dict[str, str]
    """The page of each type, by its full name."""

    def said(self, place: Place) -> str:
        return self.comments.get(place, "")


def proto_pages(folder: Path) -> dict[str, str]:
    """A page for each file of proto/, and `index.md`. Raises `SiteError`."""
    read = _descriptors(folder)
    homes = {name: page_of(each.name) for each in read for name in _type_names(each)}
    files = [_File(each, _comments(each), homes) for each in read]
    pages = {page_of(each.descriptor.name): _page(each) for each in files}
    rows = [
        [f"[`{each.descriptor.name}`]({page_of(each.descriptor.name)})", cell(_about(each).split("\n\n")[0])]
        for each in files
    ]
    about = "What crosses a border between services, and between edges and clients: one file, one subject."
    pages["index.md"] = f"# Messages\n\n{about}\n\n{table(('file', 'what it holds'), rows)}"
    return pages


def page_of(file: str) -> str:
    return file.removesuffix(".proto").replace("/", "-") + ".md"


def _descriptors(folder: Path) -> list[FileDescriptorProto]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.proto"))
    included = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "set.binpb"
        options = ["protoc", f"-I{folder}", f"-I{included}", "--include_source_info", f"--descriptor_set_out={output}"]
        if protoc.main([*options, *names]):
            raise SiteError(f"{folder} is not compiled: {', '.join(names)}")
        return list(FileDescriptorSet.FromString(output.read_bytes()).file)


def _comments(file: FileDescriptorProto) -> dict[Place, str]:
    found = {}
    for each in file.source_code_info.location:
        text = "\n\n".join([*each.leading_detached_comments, each.leading_comments, each.trailing_comments])
        lines = (line.removeprefix(" ").rstrip() for line in text.split("\n"))
        if said := "\n".join(lines).strip():
            found[tuple(each.path)] = said
    return found


def _about(file: _File) -> str:
    return "\n\n".join(filter(None, (file.said((_SYNTAX,)), file.said((_PACKAGE,)))))


def _type_names(file: FileDescriptorProto) -> Iterator[str]:
    def inside(message: DescriptorProto, name: str) -> Iterator[str]:
        yield name
        yield from (f"{name}.{each.name}" for each in message.enum_type)
        for nested in message.nested_type:
            yield from inside(nested, f"{name}.{nested.name}")

    for message in file.message_type:
        yield from inside(message, f".{file.package}.{message.name}")
    yield from (f".{file.package}.{each.name}" for each in file.enum_type)


def _page(file: _File) -> str:
    descriptor = file.descriptor
    parts = [f"# {descriptor.name}", f"Package {code(descriptor.package)}.", _about(file)]
    for index, service in enumerate(descriptor.service):
        parts.append(_service(file, service, (_SERVICES, index)))
    for index, message in enumerate(descriptor.message_type):
        parts.extend(_message(file, message, (_MESSAGES, index), message.name))
    for index, enum in enumerate(descriptor.enum_type):
        parts.append(_enum(file, enum, (_ENUMS, index), enum.name))
    return "\n\n".join(each for each in parts if each) + "\n"


def _service(file: _File, service: ServiceDescriptorProto, place: Place) -> str:
    rows = [
        [
            code(each.name),
            ("stream of " if each.client_streaming else "") + _link(file, each.input_type),
            ("stream of " if each.server_streaming else "") + _link(file, each.output_type),
            cell(file.said((*place, _FIELDS, index))),
        ]
        for index, each in enumerate(service.method)
    ]
    return _section(service.name, file.said(place), table(("call", "request", "answer", "meaning"), rows))


def _message(file: _File, message: DescriptorProto, place: Place, name: str) -> Iterator[str]:
    maps = {f"{name}.{each.name}": each for each in message.nested_type if each.options.map_entry}
    rows = [
        [
            str(each.number),
            code(each.name),
            _type(file, each, maps),
            cell(file.said((*place, _FIELDS, index))),
        ]
        for index, each in enumerate(message.field)
    ]
    yield _section(name, file.said(place), table(("number", "field", "type", "meaning"), rows))
    for index, nested in enumerate(message.nested_type):
        if not nested.options.map_entry:
            yield from _message(file, nested, (*place, _NESTED, index), f"{name}.{nested.name}")
    for index, enum in enumerate(message.enum_type):
        yield _enum(file, enum, (*place, _NESTED_ENUMS, index), f"{name}.{enum.name}")


def _enum(file: _File, enum: EnumDescriptorProto, place: Place, name: str) -> str:
    rows = [
        [str(each.number), code(each.name), cell(file.said((*place, _FIELDS, index)))]
        for index, each in enumerate(enum.value)
    ]
    return _section(name, file.said(place), table(("number", "value", "meaning"), rows))


def _section(name: str, said: str, rows: str) -> str:
    return "\n\n".join(filter(None, (f"## {name} {{ #{_anchor(name)} }}", said, rows)))


def _type(file: _File, field: FieldDescriptorProto, maps: dict[str, DescriptorProto]) -> str:
    for name, each in maps.items():
        if field.type_name.endswith(f".{name}"):
            key, value = each.field
            return f"map from {_type(file, key, {})} to {_type(file, value, {})}"
    kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    words = _link(file, field.type_name) if field.type_name else kind
    return f"list of {words}" if field.label == FieldDescriptorProto.LABEL_REPEATED else words


def _link(file: _File, type_name: str) -> str:
    home = file.homes.get(type_name)
    if home is None:
        return code(type_name.removeprefix("."))
    package = next((f".{name}." for name in _packages(file) if type_name.startswith(f".{name}.")), ".")
    short = type_name.removeprefix(package)
    return f"[{short}]({home}#{_anchor(short)})"


def _packages(file: _File) -> list[str]:
    """Of all files, the longest first."""
    known = {name.rsplit(".", 1)[0].removeprefix(".") for name in file.homes}
    roots = {each for each in known if f".{each}" not in file.homes}
    return sorted(roots, key=len, reverse=True)


def _anchor(name: str) -> str:
    return name.lower().replace(".", "-")
