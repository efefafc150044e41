"""The text of a file, whatever wrote it: UTF-8, UTF-16, or the code page of old Excel."""

import codecs

from shared.domain.errors import InvalidMessage

_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def text_of(content: bytes, *, any_code_page: bool) -> str:
    """Returns the text.

    Args:
        content: what is in the file.
        any_code_page: what is neither UTF-8 nor UTF-16 is taken for cp1252, which Excel writes in
            western Europe and America; so nothing but CSV should be read.

    Raises:
        InvalidMessage: it is not text.
    """
    if content.startswith((_WORKBOOK, _OLD_WORKBOOK)):
        raise InvalidMessage("(file)", "an Excel workbook; save it as `CSV UTF-8` first")
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if any_code_page and (guessed := _utf_16_without_mark(content)):
            return content.decode(guessed)
        # Excel begins its CSV files with a byte order mark.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not any_code_page or error.encoding.startswith("utf-16"):
            raise _refusal(content, error) from None
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _refusal(content, error) from None


def _utf_16_without_mark(content: bytes) -> str | None:
    """Names the byte order where every other byte of the beginning is nil, as no text has it."""
    head = content[:64]
    if len(head) < 4 or len(head) % 2:  # noqa: PLR2004  # two characters
        return None
    if not any(head[1::2]) and all(head[::2]):
        return "utf-16-le"
    return "utf-16-be" if not any(head[::2]) and all(head[1::2]) else None


def _refusal(content: bytes, error: UnicodeDecodeError) -> InvalidMessage:
    line = content.count(b"\n", 0, error.start) + 1
    return InvalidMessage("(file)", f"line {line}: not {error.encoding.upper().replace('_', '-')}")
