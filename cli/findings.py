"""What is wrong with a document, as compilers say it, so that editors find the place."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cli.exits import Failure, RefusedInput, Status
from cli.plain import escaped
from cli.terminal import Form, contents, show_json, show_text, tell

if TYPE_CHECKING:
    from shared.contracts.api.error_views import FindingView
    from shared.contracts.documents.finding import Finding


def text_of(file: str) -> str:
    """Reads the text in a file.

    Raises:
        Failure: it cannot be read, or is no UTF-8.
    """
    try:
        return contents(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"{file}: byte {error.start + 1} is not UTF-8"
        raise Failure(Status.NOT_FOUND, problem) from None


def names_in(file: str) -> list[str]:
    """Reads the names in a file, one a line; lines that begin with # say nothing.

    Raises:
        Failure: it cannot be read, or names nobody and nothing.
    """
    lines = [line.strip() for line in text_of(file).splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    if not names:
        raise Failure(Status.USAGE, f"{file} names nobody and nothing")
    return names


def views_of(found: "Iterable[Finding]") -> "list[FindingView]":
    """Returns the findings of a check on this machine, as the app would tell them."""
    from shared.contracts.api.error_views import FindingView

    return [FindingView.model_validate(one) for one in found]


def line_of(file: str, finding: "FindingView") -> str:
    """Writes a finding on one line."""
    place = f"{file}:{finding.line}:{finding.column}"
    return escaped(f"{place}: {finding.field}: {finding.reason}")


def of_file(file: str, refused: RefusedInput) -> Failure:
    """Returns what the app finds in a document that this version of sspr does not."""
    if not refused.findings:
        return refused
    return Failure(refused.status, "\n".join(line_of(file, one) for one in refused.findings))


def count_of(wrong: "Sequence[FindingView]") -> str:
    """Says how many findings there are."""
    return f"{len(wrong) or 'no'} finding{'' if len(wrong) == 1 else 's'}"


def show_findings(file: str, wrong: "Sequence[FindingView]", output: Form) -> None:
    """Prints findings, and to stderr how many there are; there being any is a failure.

    Raises:
        Failure: there are some.
    """
    if output is Form.JSON:
        show_json([one.model_dump(by_alias=True) for one in wrong])
    else:
        for one in wrong:
            show_text(line_of(file, one))
    if wrong:
        raise Failure(Status.NOT_FOUND, f"{file}: {count_of(wrong)}")
    tell(f"{file}: {count_of(wrong)}")
