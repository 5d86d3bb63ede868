"""A schema of the document as a type of Python."""

from typing import Any

from tools.python_client.document import Json, class_name, ref_name

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"date-time": "datetime", "date": "date", "binary": "bytes"}


def type_of(schema: Json) -> str:
    """Write the type; what a value may be within it is the server's to say."""
    if "$ref" in schema:
        return class_name(ref_name(schema))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(each) for each in schema["anyOf"]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(each) for each in schema['enum'])}]"
    match schema.get("type"):
        case "array":
            return f"list[{type_of(schema['items'])}]"
        case "object":
            return f"dict[{_key_of(schema)}, {_value_of(schema.get('additionalProperties'))}]"
        case "string":
            return _FORMATS.get(schema.get("format", ""), "str")
        case None:
            return "Any"
        case plain:
            return _PLAIN[plain]


def _key_of(schema: Json) -> str:
    names = schema.get("propertyNames", {})
    return type_of(names) if "$ref" in names else "str"


def _value_of(schema: Any) -> str:
    return type_of(schema) if isinstance(schema, dict) else "Any"
