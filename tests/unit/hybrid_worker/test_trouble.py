"""What AD and Kerberos refuse by, in words: the sub-code and not the leading digits."""

import pytest

from hybrid_worker.active_directory.trouble import explained, refused_bind, refused_ticket
from shared.domain.errors import DirectoryUnavailable

AD = "80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data {}, v4563"


class Ticketless(Exception):
    """As the GSSAPI library raises it; its minor code is MIT's, without a sign on some systems."""

    def __init__(self, code: int) -> None:
        super().__init__("Unspecified GSS failure")
        self.min_code = code


@pytest.mark.parametrize(
    ("code", "problem", "passes", "counts"),
    [
        ("775", "account-locked", True, False),
        ("532", "password-expired", False, False),
        ("773", "password-expired", False, False),
        ("533", "account-disabled", False, False),
        ("701", "account-expired", False, False),
        ("52e", "wrong-secret", False, True),
        ("525", "account-unknown", False, False),
        ("80090346", "channel-binding", False, False),
        ("999", "sign-in-refused", False, True),
    ],
)
def test_each_sub_code_has_a_word_and_says_whether_it_passes(
    code: str, problem: str, passes: bool, counts: bool
) -> None:
    refusal = refused_bind(AD.format(code))
    assert (refusal.problem, refusal.passes, refusal.counts) == (problem, passes, counts)
    assert f"data {code}" in str(refusal)
    assert explained(refusal) == (problem, passes)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("code", "problem", "passes", "counts"),
    [
        (-1765328360, "wrong-secret", False, True),
        (-1765328347, "clock-skew", True, False),
        (-1765328366, "account-revoked", True, False),
        (-1765328361, "password-expired", False, False),
        (-1765328378, "account-unknown", False, False),
        (-1765328370, "encryption-type", False, False),
        (-1765328203, "no-key", False, False),
    ],
)
def test_each_code_of_kerberos_likewise(
    code: int, problem: str, passes: bool, counts: bool, signed: bool
) -> None:
    refusal = refused_ticket(Ticketless(code if signed else code % 2**32))
    assert refusal is not None
    assert (refusal.problem, refusal.passes, refusal.counts) == (problem, passes, counts)


@pytest.mark.parametrize("error", [Ticketless(-1765328228), OSError("away"), ValueError()])
def test_what_is_no_refusal_is_a_directory_that_is_away(error: Exception) -> None:
    """Given a key distribution centre that cannot be reached, then nobody was refused."""
    assert refused_ticket(error) is None
    assert explained(DirectoryUnavailable("away")) == ("unreachable", True)
