"""Arrange a domain that runs: `/usr/bin/python3 arrange.py SMB_CONF ORDER`.

Adds people by the thousand in a second and sets permissions that LDAP clients have no words for.
Runs on the system's Python beside Samba's bindings, on the files that the controller has open, as
samba-tool does; what is done there is Samba's own code. What to do comes as JSON.
"""

import json
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from provision import _add, _descriptor, _write_descriptor
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

_INHERITED = re.compile(r"\([^)]*;[A-Z]*ID[A-Z]*;[^)]*\)")
_NAMED = re.compile(r"\{([^}]+)\}")
_ADMIN_SD_HOLDER = "AdminSDHolder"


def main(smb_conf: str, order_file: str) -> None:
    """Carry the order out: LDIF, then permissions, then LDIF that comes after them."""
    order = json.loads(Path(order_file).read_text())
    lp = LoadParm()
    lp.load(smb_conf)
    # As in `provision.py`: the index is written at the end of each transaction.
    options = ["batch_mode:1"]
    samdb = SamDB(lp.samdb_url(), session_info=system_session(), lp=lp, options=options)
    samdb.transaction_start()
    _add(samdb, order["ldif"])
    samdb.transaction_commit()
    samdb.transaction_start()
    for one in order["permissions"]:
        _permit(samdb, **one)
    samdb.transaction_commit()
    samdb.transaction_start()
    _add(samdb, order["after"])
    samdb.transaction_commit()


def _permit(samdb: SamDB, dn: str, aces: str = "", inherits: bool = True, keeps: str = "") -> None:
    """Put ACEs in front of an object's own; `{name}` in them stands for an account's SID.

    Args:
        samdb: The directory.
        dn: The object.
        aces: In SDDL.
        inherits: Whether it goes on to inherit.
        keeps: `inherited`: those that it inherits become its own; `AdminSDHolder`: it gets that
            object's descriptor, as SDProp does, which Samba has not; else its own are kept.
    """
    domain_sid = security.dom_sid(samdb.get_domain_sid())
    if keeps == _ADMIN_SD_HOLDER:
        descriptor = _descriptor(samdb, f"CN=AdminSDHolder,CN=System,{samdb.domain_dn()}")
    else:
        descriptor = _descriptor(samdb, dn)
    sddl = descriptor.as_sddl(domain_sid)
    if keeps == "inherited":
        sddl = re.sub(r"(;[A-Z]*)ID(;)", r"\1\2", sddl)
    own = _INHERITED.sub("", sddl)
    named = _NAMED.sub(lambda name: _sid_of(samdb, name[1]), aces)
    flags = "" if inherits else "P"
    head, dacl = own.split("D:", 1)
    text = f"{head}D:{flags}{named}{re.sub('^[A-Z]*', '', dacl)}"
    _write_descriptor(samdb, dn, security.descriptor.from_sddl(text, domain_sid))


def _sid_of(samdb: SamDB, name: str) -> str:
    found = samdb.search(expression=f"(sAMAccountName={name})", attrs=["objectSid"])
    return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
