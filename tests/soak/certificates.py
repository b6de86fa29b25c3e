"""Certificates for servers on this machine, made on the spot, which no one else trusts."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import socket

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make(path: Path, address: str = "127.0.0.1", days: int = 1) -> Path:
    """A file with a key and a certificate that it signed itself, which is trusted where it is said to be.

    Args:
        path: of the file.
        address: of the server.
        days: that the certificate holds; a negative number of them ago it has ended.
    """
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.stem)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, no = serialization.Encoding.PEM, serialization.NoEncryption()
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no)
    path.write_bytes(written + certificate.public_bytes(pem))
    return path


def speaking_tls(certificate: Path) -> Callable[[socket], socket]:
    """What makes of a server's socket one that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    # the handshake belongs to the first reading, so that no client keeps the others waiting
    return lambda plain: context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
