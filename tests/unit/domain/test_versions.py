"""Which of two versions is older, and what is said where app and worker differ."""

import pytest

from shared.domain.versions import Fit, fit


@pytest.mark.parametrize(
    ("worker", "app", "found"),
    [
        ("0.3.0", "0.3.0", Fit.SAME),
        ("0.3.0+1a2b3c4", "0.3.0+9f8e7d6", Fit.SAME),
        ("0.2.9", "0.3.0", Fit.OLDER),
        ("0.9.0", "0.10.0", Fit.OLDER),
        ("0.3.0.dev0", "0.3.0", Fit.OLDER),
        ("0.3.1", "0.3.0", Fit.NEWER),
        ("1.0", "0.3.0", Fit.NEWER),
        (None, "0.3.0", Fit.UNKNOWN),
        ("of my own", "0.3.0", Fit.OLDER),
    ],
)
def test_versions_are_compared_by_their_numbers(worker: str | None, app: str, found: Fit) -> None:
    """Commits do not count, nine comes before ten, and an unfinished one before the finished."""
    assert fit(worker, app) is found


def test_whatever_does_not_fit_says_what_to_do_and_what_fits_says_nothing() -> None:
    """An operator is told which of the two to update."""
    assert Fit.SAME.text("0.3.0") == ""
    assert "update the app" in Fit.NEWER.text("0.3.0")
    for one in (Fit.OLDER, Fit.UNKNOWN):
        assert "update the worker" in one.text("0.3.0")
        assert "(0.3.0)" in one.text("0.3.0")
