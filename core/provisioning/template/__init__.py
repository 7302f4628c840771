r"""Text with `{{references}}`: parsed once, resolved value by value, never evaluated as code.

    text        ::= anything, `{{ expression }}`, and `\{{` for the two braces themselves
    expression  ::= ["not"] operand [("==" | "!=" | "<" | "<=" | ">" | ">=") operand]
    operand     ::= reference | "text" | 'text' | number | true | false | null
    reference   ::= name { "." name | "[" (number | text | reference | "*") "]" }

A name is letters, digits, `_` and `-`, and the first name of a reference begins with a letter or `_`. `[*]` takes every
value of a list or a table. Quoted text has the escapes of JSON. A text that is one expression keeps the type of its
value; inside a longer text the value is written as text.
"""

from provisioning.template.error import (
    TemplateError,
    TemplateSyntaxError,
    UnknownReference,
    UnusableValue,
    near_matches,
)
from provisioning.template.reference import STAR, Lookup, PathReader, Reference
from provisioning.template.template import Template, parse
from provisioning.template.value import escape, has_references, references_in, resolve_value, substitute

__all__ = [
    "STAR",
    "Lookup",
    "PathReader",
    "Reference",
    "Template",
    "TemplateError",
    "TemplateSyntaxError",
    "UnknownReference",
    "UnusableValue",
    "escape",
    "has_references",
    "near_matches",
    "parse",
    "references_in",
    "resolve_value",
    "substitute",
]
