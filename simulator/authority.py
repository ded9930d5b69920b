"""A certificate authority for one run: its key never leaves memory, and it can sign for the simulated vendors alone.

trustme issues the certificates. It cannot bind an authority to names, so the authority's own certificate is made here.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DOMAINS = ("googleapis.com", "accounts.google.com", "salesforce.com")
"""Everything at these names and below them is the simulator."""
HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}")
LIFETIME = timedelta(days=30)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulator, for tests only")])


def is_known(host: str) -> bool:
    """Whether the simulator stands for this host; the name is in lower case."""
    return bool(HOST.fullmatch(host)) and any(host == d or host.endswith(f".{d}") for d in DOMAINS)


class Authority:
    """For one thread: contexts are made on first use and kept."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.pem = _make_certificate(key).public_bytes(serialization.Encoding.PEM)
        """What a client must trust."""
        self._ca = trustme.CA.from_pem(self.pem, _write_key(key))
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext:
        """The context of a TLS server that is ``host``, one of the known ones."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            first, last = _lifetime()
            self._ca.issue_cert(host, not_before=first, not_after=last).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _make_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Bound to the simulated names: a client that trusts it by mistake for everything loses nothing else."""
    first, last = _lifetime()
    return (
        x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number(), first, last)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName(domain) for domain in DOMAINS], None), critical=True)
        .add_extension(_sign_certificates_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _lifetime() -> tuple[datetime, datetime]:
    """From yesterday on, by the clients' clock, which is not mail time."""
    now = datetime.now(UTC)
    return now - timedelta(days=1), now + LIFETIME


def _write_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _sign_certificates_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
