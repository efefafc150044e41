"""Route templates of HTTP functions, in the part of ASP.NET's grammar that functions use.

``orders/{id:int}/{line?}`` and ``files/{*path}``: literals are case-insensitive, a parameter is one
segment, ``?`` makes the last one optional, ``*`` takes the rest.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}")
_ENCODED_SLASH = re.compile(r"%(2f)", re.IGNORECASE)
_CONSTRAINTS = {
    None: r"[^/]+",
    "alpha": r"[A-Za-z]+",
    "bool": r"(?i:true|false)",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled template."""

    pattern: re.Pattern[str]

    @classmethod
    def compile(cls, template: str) -> Self:
        """Compile a template, prefix included.

        Raises:
            ValueError: For a segment or a constraint outside the grammar.
        """
        pattern = ""
        for segment in template.strip("/").split("/"):
            if "{" not in segment:
                pattern += "/" + re.escape(segment)
                continue
            match = _PARAMETER.fullmatch(segment)
            if match is None or match[3] not in _CONSTRAINTS:
                raise ValueError(f"route {template!r}: segment {segment!r} is not supported")
            stars, name, constraint, optional = match.groups()
            part = f"/(?P<{name}>{'.*' if stars else _CONSTRAINTS[constraint]})"
            pattern += f"(?:{part})?" if stars or optional else part
        return cls(re.compile(pattern + "/?", re.IGNORECASE))

    def match(self, path: str) -> dict[str, str] | None:
        """Match a still percent-encoded path; give the parameters that are there, decoded.

        As with ASP.NET's own server, an encoded slash stays encoded.
        """
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {
            name: unquote(_ENCODED_SLASH.sub(r"%25\1", value))
            for name, value in found.groupdict().items()
            if value
        }
