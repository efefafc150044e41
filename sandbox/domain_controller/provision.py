"""Provision and seed a Samba directory: `/usr/bin/python3 provision.py SMB_CONF ORDER KEYTAB`.

Runs on the system's Python beside Samba's bindings, so it imports nothing of the sandbox: what
to create comes as JSON (see `seed.py`). Everything is written below the folders that `SMB_CONF`
names; no file of the host's own Samba is touched.
"""

import json
import logging
import re
import sys
from pathlib import Path

import ldb
from samba import dsdb, enable_net_export_keytab
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.net import Net
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB

_DESCRIPTOR = "nTSecurityDescriptor"
# CN=Deleted Objects counts as deleted itself.
_EVEN_DELETED = "show_deleted:1"


def main(smb_conf: str, order_file: str, keytab: str) -> None:
    """Create the domain of the order, fill it, and export two accounts' keytabs."""
    order = json.loads(Path(order_file).read_text())
    samdb, lp = _create(smb_conf, order["domain"])
    samdb.transaction_start()
    _add(samdb, order["structure"])
    for grant in order["grants"]:
        _grant(samdb, grant["dn"], grant["ace"], grant["account"])
    samdb.transaction_commit()
    samdb.transaction_start()
    _add(samdb, order["people"])
    for dn in order["protected"]:
        _protect(samdb, dn)
    samdb.transaction_commit()
    enable_net_export_keytab()
    Net(None, lp).export_keytab(keytab=keytab, principal=order["keytabPrincipal"])
    service = order["serviceKeytab"]
    beside = str(Path(keytab).with_name(service["file"]))
    Net(None, lp).export_keytab(keytab=beside, principal=service["principal"])


def _create(smb_conf: str, domain: dict) -> tuple[SamDB, LoadParm]:
    logger = logging.getLogger("provision")
    logger.setLevel(logging.WARNING)
    result = provision(
        logger,
        system_session(),
        smbconf=smb_conf,
        realm=domain["realm"],
        domain=domain["netbios"],
        hostname=domain["hostname"],
        domainsid=security.dom_sid(domain["sid"]),
        adminpass=domain["administratorPassword"],
        serverrole="active directory domain controller",
        dom_for_fun_level=dsdb.DS_DOMAIN_FUNCTION_2008_R2,
        dns_backend="NONE",
        skip_sysvolacl=True,
        batch_mode=True,
    )
    # The result's own handle is subject to access control, a system session's is not.
    # Batches put off the index's work to the end of a transaction: several times faster.
    samdb = SamDB(
        result.paths.samdb,
        session_info=system_session(),
        lp=result.lp,
        options=["batch_mode:1"],
    )
    return samdb, result.lp


def _add(samdb: SamDB, ldif: str) -> None:
    for kind, message in samdb.parse_ldif(ldif):
        if kind == ldb.CHANGETYPE_MODIFY:
            samdb.modify(message)
        else:
            samdb.add(message)


def _grant(samdb: SamDB, dn: str, ace: str, account: str) -> None:
    """Put one ACE in front of the object's own; `{sid}` in it stands for the account."""
    found = samdb.search(expression=f"(sAMAccountName={account})", attrs=["objectSid"])
    sid = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
    domain_sid = security.dom_sid(samdb.get_domain_sid())
    sddl = _descriptor(samdb, dn).as_sddl(domain_sid)
    # What is inherited comes back by itself when the descriptor is written.
    own = re.sub(r"\([^)]*;[A-Z]*ID[A-Z]*;[^)]*\)", "", sddl)
    sddl = re.sub(r"(D:[A-Z]*)", lambda flags: flags[1] + ace.format(sid=sid), own, count=1)
    _write_descriptor(samdb, dn, security.descriptor.from_sddl(sddl, domain_sid))


def _protect(samdb: SamDB, dn: str) -> None:
    """Give the object AdminSDHolder's descriptor, closed to inheritance, as AD's SDProp does.

    Samba has no SDProp, and its AdminSDHolder is not closed to inheritance itself.
    """
    descriptor = _descriptor(samdb, f"CN=AdminSDHolder,CN=System,{samdb.domain_dn()}")
    descriptor.type |= security.SEC_DESC_DACL_PROTECTED
    _write_descriptor(samdb, dn, descriptor)


def _descriptor(samdb: SamDB, dn: str) -> security.descriptor:
    found = samdb.search(
        base=dn, scope=ldb.SCOPE_BASE, attrs=[_DESCRIPTOR], controls=[_EVEN_DELETED]
    )
    return ndr_unpack(security.descriptor, found[0][_DESCRIPTOR][0])


def _write_descriptor(samdb: SamDB, dn: str, descriptor: security.descriptor) -> None:
    message = ldb.Message(ldb.Dn(samdb, dn))
    packed = ndr_pack(descriptor)
    message[_DESCRIPTOR] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, _DESCRIPTOR)
    samdb.modify(message, [f"sd_flags:1:{security.SECINFO_DACL}", _EVEN_DELETED])


if __name__ == "__main__":
    main(*sys.argv[1:])
