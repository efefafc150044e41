"""Where a domain controller keeps what, and the two configuration files it starts from.

Only `smb.conf` and `krb5.conf` hold absolute paths or addresses; they are written anew at every
start, so that the directory itself can be copied anywhere.
"""

from dataclasses import dataclass
from pathlib import Path

from sandbox.certificates import ServerCertificate
from sandbox.company import AD_DOMAIN
from sandbox.domain_controller import domain

# A Unix socket's path has 107 characters at most; Samba's longest one goes below the data folder.
SERVICE_KEYTAB = "connect-host.keytab"
_LONGEST_SOCKET = "samba/private/ldap_priv/ldapi"
_SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one state folder."""

    state: Path

    def __post_init__(self) -> None:
        longest = len(str(self.state / _LONGEST_SOCKET))
        if longest > _SOCKET_PATH_LIMIT:
            excess = longest - _SOCKET_PATH_LIMIT
            raise ValueError(
                f"state: {self.state} is {excess} characters too long for Samba's sockets"
            )

    @property
    def data(self) -> Path:
        """The directory itself: everything that is cached, and nothing else."""
        return self.state / "samba"

    @property
    def smb_conf(self) -> Path:
        """Samba's configuration."""
        return self.state / "smb.conf"

    @property
    def krb5_conf(self) -> Path:
        """What a Kerberos client points KRB5_CONFIG at."""
        return self.state / "krb5.conf"

    @property
    def service_keytab(self) -> Path:
        """The Connect host's keys."""
        return self.data / SERVICE_KEYTAB

    @property
    def keytab(self) -> Path:
        """The worker account's keys."""
        return self.data / f"{domain.WORKER.name}.keytab"


def write_configuration(layout: Layout, address: str, certificate: ServerCertificate) -> None:
    """Write `smb.conf` and `krb5.conf` for a domain controller on `address`."""
    layout.state.mkdir(parents=True, exist_ok=True)
    layout.smb_conf.write_text(_smb_conf(layout.data, address, certificate))
    layout.krb5_conf.write_text(_krb5_conf(address))


def _smb_conf(data: Path, address: str, certificate: ServerCertificate) -> str:
    folders = {
        "private dir": "private",
        "state directory": "state",
        "cache directory": "cache",
        "lock directory": "lock",
        "pid directory": "pid",
        "binddns dir": "binddns",
        "ncalrpc dir": "ncalrpc",
        "ntp signd socket directory": "ntp",
        "winbindd socket directory": "winbindd",
        "usershare path": "usershares",
    }
    settings = {
        "workgroup": domain.NETBIOS,
        "realm": domain.REALM,
        "netbios name": domain.HOSTNAME.upper(),
        "server role": "active directory domain controller",
        "interfaces": f"{address}/8",
        "bind interfaces only": "yes",
        "disable netbios": "yes",
        "server services": "ldap, cldap, kdc",
        "dcerpc endpoint servers": "",
        # Housekeeping that a single, static domain controller does not need.
        "spn update command": "/bin/true",
        "dns update command": "/bin/true",
        "gpo update command": "/bin/true",
        "samba kcc command": "/bin/true",
        # A sandbox does not survive a power cut anyway; without fsync it is several times faster.
        "ldb:nosync": "yes",
        # An old password that still works for an hour would hide a failed writeback.
        "old password allowed period": "0",
        # As a hardened AD: no simple bind and no unsigned SASL without TLS.
        "ldap server require strong auth": "allow_sasl_over_tls",
        "tls enabled": "yes",
        "tls keyfile": str(certificate.key),
        "tls certfile": str(certificate.certificate),
        "tls cafile": str(certificate.authority),
        "log file": str(data / "log.samba"),
        "log level": "1",
        **{name: str(data / folder) for name, folder in folders.items()},
    }
    lines = [f"    {name} = {value}" for name, value in settings.items()]
    shares = [("sysvol", data / "sysvol"), ("netlogon", data / "sysvol" / AD_DOMAIN / "scripts")]
    lines += [f"[{share}]\n    path = {path}" for share, path in shares]
    return "\n".join(["[global]", *lines, ""])


def _krb5_conf(address: str) -> str:
    """Nothing is looked up in DNS, and names are taken as they are given."""
    return f"""\
[libdefaults]
    default_realm = {domain.REALM}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1

[realms]
    {domain.REALM} = {{
        kdc = {address}:88
        kpasswd_server = {address}:464
    }}

[domain_realm]
    {AD_DOMAIN} = {domain.REALM}
    .{AD_DOMAIN} = {domain.REALM}
"""
