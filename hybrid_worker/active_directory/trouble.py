"""Why Active Directory, which answers, will not do what it is asked: in words, by kind.

Source of the sub-codes: "Common Active Directory LDAP bind errors", and Microsoft's `winerror.h`;
of the Kerberos codes: RFC 4120, section 7.5.9, from -1765328384 on in MIT's error table.
"""

import re
from dataclasses import dataclass
from typing import Final

from shared.domain.errors import DirectoryUnavailable


class DirectoryTrouble(DirectoryUnavailable):
    """AD answers and will not do; what it is, and whether it may pass by itself.

    Attributes:
        problem: what is wrong, in one word that crosses to the cloud.
        passes: whether it may end without anybody doing anything.
    """

    def __init__(self, problem: str, text: str, *, passes: bool) -> None:
        super().__init__(text)
        self.problem = problem
        self.passes = passes


class SignInRefused(DirectoryTrouble):
    """AD refuses the account, its secret or its ticket.

    Attributes:
        counts: whether another try with the same secret may lock the account out.
    """

    def __init__(self, refusal: "Refusal", code: str) -> None:
        super().__init__(
            refusal.problem, f"{refusal.text} ({code}). {refusal.remedy}", passes=refusal.passes
        )
        self.counts = refusal.counts


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code of a refused sign-in means."""

    problem: str
    text: str
    remedy: str
    passes: bool = False
    counts: bool = False


_GIVE_ANOTHER = "Give the right one in SSPR_WORKER_DIRECTORY_PASSWORD, _PASSWORD_FILE or _KEYTAB."
_WRONG_SECRET = Refusal(
    "wrong-secret", "AD refuses the account or its secret", _GIVE_ANOTHER, counts=True
)
_LOCKED = Refusal(
    "account-locked",
    "the account is locked out",
    "It is tried again; find out who tries wrong passwords (event 4740).",
    passes=True,
)
_EXPIRED = Refusal(
    "password-expired", "the account's password has expired", "Set a new one in AD and here."
)
_DISABLED = Refusal("account-disabled", "the account is disabled", "Enable it in AD.")
_UNKNOWN = Refusal(
    "account-unknown", "there is no such account", "Correct the user or the keytab's principal."
)
_CLOCK = Refusal(
    "clock-skew",
    "this machine's clock is too far off the domain's for Kerberos",
    "Synchronise it with the domain (w32tm /resync, chronyc makestep).",
    passes=True,
)
_ENCRYPTION = Refusal(
    "encryption-type",
    "the domain gives no ticket by the kinds of key that the account or its keytab has",
    "Make the keytab with AES keys (ktpass /crypto AES256-SHA1) and allow AES on the account "
    "(msDS-SupportedEncryptionTypes).",
)
_NO_KEY = Refusal(
    "no-key",
    "there is no ticket and no key to get one with",
    "Name the keytab in SSPR_WORKER_DIRECTORY_KEYTAB, or run as an account of the domain.",
)
CHANNEL_BINDING: Final = Refusal(
    "channel-binding",
    "the controller wants a channel binding that this sign-in does not carry",
    "Set SSPR_WORKER_DIRECTORY_BIND=kerberos; is there a TLS inspection on the way?",
)
CERTIFICATE_WITHOUT_HASH: Final = Refusal(
    "certificate-signature",
    "Kerberos cannot be bound to the controller's certificate, whose signature (Ed25519, Ed448) "
    "has no hash of its own",
    "Give the controller a certificate signed with RSA or ECDSA, or set "
    "SSPR_WORKER_DIRECTORY_BIND=simple.",
)
_OTHER = Refusal("sign-in-refused", "AD refuses the sign-in", "Look the code up.", counts=True)

_BY_SUB_CODE = {
    "525": _UNKNOWN,
    "52e": _WRONG_SECRET,
    "530": Refusal("logon-hours", "the account may not sign in at this hour", "", passes=True),
    "531": Refusal("workstation", "the account may not sign in from here", "See its Log On To."),
    "532": _EXPIRED,
    "533": _DISABLED,
    "701": Refusal("account-expired", "the account has expired", "Extend it in AD."),
    "773": Refusal(
        "password-expired", "the account has to change its password first", "Set it in AD and here."
    ),
    "775": _LOCKED,
    "80090346": CHANNEL_BINDING,
}
_KERBEROS = -1765328384
_BY_KERBEROS_CODE = {
    1: Refusal("account-expired", "the account has expired", "Extend it in AD."),
    6: _UNKNOWN,
    14: _ENCRYPTION,
    # Disabled, expired and locked out are one code here; a lock-out passes.
    18: Refusal(
        "account-revoked",
        "the account is disabled, expired or locked out",
        "Look at it in AD.",
        passes=True,
    ),
    23: _EXPIRED,
    24: Refusal("wrong-secret", "AD refuses the keytab's key", _GIVE_ANOTHER, counts=True),
    37: _CLOCK,
    181: _NO_KEY,  # KRB5_KT_NOTFOUND
    195: _NO_KEY,  # KRB5_FCC_NOFILE
}
_BEHIND_DATA = re.compile(r"(?<=data )[0-9a-f]+")


def refused_bind(message: str) -> SignInRefused:
    """Returns what AD's `invalidCredentials` means; the sub-code stands behind the word "data"."""
    found = _BEHIND_DATA.search(message)
    code = found[0] if found else "no sub-code"
    return SignInRefused(_BY_SUB_CODE.get(code, _OTHER), f"data {code}")


def refused_ticket(error: Exception) -> SignInRefused | None:
    """Returns what a Kerberos library's error means; None where it is of another kind."""
    if isinstance(error, AttributeError) and error.name == "name" and error.obj is None:
        # ldap3 asks for the hash of the certificate's signature, and there is none.
        return SignInRefused(CERTIFICATE_WITHOUT_HASH, "ldap3")
    code = getattr(error, "min_code", None)
    if not isinstance(code, int):
        return None
    refusal = _BY_KERBEROS_CODE.get((code & 0xFFFFFFFF) - (_KERBEROS & 0xFFFFFFFF))
    return SignInRefused(refusal, f"Kerberos {code}") if refusal else None


def explained(error: DirectoryUnavailable) -> tuple[str, bool]:
    """Returns the word for what is wrong, and whether it may pass by itself."""
    if isinstance(error, DirectoryTrouble):
        return error.problem, error.passes
    return "unreachable", True
