"""A certificate of the simulator, issued by an authority of the test."""

from pathlib import Path
from typing import NamedTuple

import trustme


class Certificate(NamedTuple):
    """The files: what clients trust, and the chain and the key of the server."""

    trusted: Path
    chain: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """Write the files of a certificate for this machine."""
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1")
    files = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(str(files.trusted))
    server.private_key_pem.write_to_path(str(files.key))
    for pem in server.cert_chain_pems:
        pem.write_to_path(str(files.chain), append=True)
    return files
