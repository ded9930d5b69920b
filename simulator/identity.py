"""Google's identity: the token endpoint for service accounts and people, certificates, signJwt, ID tokens."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from werkzeug.wrappers import Request, Response

from simulator import consents
from simulator.answers import Failure, reply
from simulator.clock import Clock
from simulator.world import World

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token")
LIFETIME = 3599
REFUSALS = {
    "unauthorized_client": (401, "unauthorized_client", "Client is unauthorized to retrieve access tokens."),
    "access_denied": (403, "access_denied", "Requested client not authorized."),
    "invalid_scope": (400, "invalid_scope", "Empty or missing scope not allowed."),
    "invalid_signature": (400, "invalid_grant", "Invalid JWT Signature."),
    "invalid_grant": (400, "invalid_grant", "Invalid email or User ID"),
}
"""The kinds of failure that the token endpoint knows besides ``503`` and the like."""
KEY_ID = "simulated-1"


_KEY_LOCK = threading.Lock()


@dataclass(frozen=True)
class Access:
    """What a bearer token stands for."""

    subject: str
    scopes: frozenset[str]
    expires_at: float
    project: str = ""
    """The Google Cloud project of the service account that asks."""


class Identity:
    """Thread-safe. ``accounts`` maps a service account's address to its public key in PEM.

    ``delegated`` holds the scopes for which a service account may act for users, and ``signers`` who may sign as it:
    one that is not in there may do all, and everybody may.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, Access] = {}
        self._opened: dict[str, tuple[str, str]] = {}
        self.lifetime = LIFETIME
        self.accounts: dict[str, str] = {}
        self.consents = consents.Consents()
        self.delegated: dict[str, frozenset[str]] = {}
        self.signers: dict[str, frozenset[str]] = {}

    def register(self, email: str, public_key: str) -> None:
        with self._lock:
            self.accounts[email] = public_key

    def token(self, request: Request) -> Response:
        """``POST /token``: with a service account's signed assertion, or with the token of a person's consent."""
        grants = {GRANT: self._answer_assertion, consents.GRANT: self._answer_refresh}
        if request.form.get("grant_type") not in grants:
            return _refuse(400, "unsupported_grant_type", "Invalid grant_type.")
        return grants[request.form["grant_type"]](request)

    def revoke(self, request: Request) -> Response:
        """``POST /revoke``: a person takes back the consent."""
        if self.consents.revoke(request.values.get("token", "")):
            return reply({})
        return _refuse(400, "invalid_token", "Token expired or revoked")

    def _answer_assertion(self, request: Request) -> Response:
        """``sub`` is whom the service account acts for."""
        try:
            claims = self._claims(request.form.get("assertion", ""))
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return _refuse(400, "invalid_grant", "Invalid JWT Signature.")
        subject = str(claims.get("sub") or claims["iss"]).lower()
        user = self._world.user(subject)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if subject != claims["iss"] and not scopes <= self.delegated.get(claims["iss"], scopes):
            return _refuse(*REFUSALS["unauthorized_client"])
        if subject != claims["iss"] and (user is None or user.is_suspended or user.is_archived):
            return _refuse(400, "invalid_grant", "Invalid email or User ID")
        if user and user.account.token:
            return _refuse(*user.account.token)
        if not scopes:
            return _refuse(400, "invalid_scope", "Empty or missing scope not allowed.")
        project = str(claims["iss"]).partition("@")[2].partition(".")[0]
        return reply(self._issue_token(user.email if user else subject, scopes, project))

    def _answer_refresh(self, request: Request) -> Response:
        try:
            consent = self.consents.find_consent(request.form)
        except consents.ConsentError as error:
            return _refuse(*error.refusal)
        user = self._world.user(consent.email)
        if user is None or user.is_suspended:
            return _refuse(*consents.REVOKED)
        return reply({**self._issue_token(user.email, consent.scopes), "scope": " ".join(sorted(consent.scopes))})

    def _issue_token(self, subject: str, scopes: frozenset[str], project: str = "") -> dict[str, Any]:
        token = "ya29." + secrets.token_urlsafe(40)
        with self._lock:
            self._tokens[token] = Access(subject, scopes, self._clock.now() + self.lifetime, project)
        return {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}

    def open_message(self, subject: str, scopes: frozenset[str], message_id: str) -> tuple[str, str]:
        """An add-on's token for its user, and one for the message that the user has opened."""
        token = "msg." + secrets.token_urlsafe(20)
        with self._lock:
            self._opened[token] = (subject, message_id)
        return str(self._issue_token(subject, scopes)["access_token"]), token

    def find_opened(self, token: str) -> tuple[str, str] | None:
        """Whose message it opens, and which one by the web client's id."""
        with self._lock:
            return self._opened.get(token)

    def access(self, request: Request) -> Access:
        """Raises Failure 401 for a missing, unknown or expired token."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._lock:
            found = self._tokens.get(token)
        if found is None or found.expires_at <= self._clock.now():
            message = "Request had invalid authentication credentials."
            raise Failure(401, "authError", message, "UNAUTHENTICATED")
        return found

    def revoke_all(self) -> None:
        with self._lock:
            self._tokens.clear()

    def end_sessions(self, subject: str) -> None:
        with self._lock:
            self._tokens = {t: a for t, a in self._tokens.items() if a.subject != subject}

    def rename_user(self, before: str, after: str) -> None:
        """Tokens belong to the user, whatever the address."""
        with self._lock:
            self._tokens = {t: replace(a, subject=after) if a.subject == before else a for t, a in self._tokens.items()}

    def describe_request(self, request: Request) -> tuple[str, list[str]]:
        """For the call log: whom a request for a token wants to act for, and the scopes."""
        try:
            claims = jwt.decode(request.form.get("assertion", ""), options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return "", []
        return str(claims.get("sub") or claims.get("iss", "")), str(claims.get("scope", "")).split()

    def certificates(self) -> Response:
        """``/oauth2/v1/certs``: key id to certificate in PEM."""
        return reply({KEY_ID: _certificate(self.signing_key()).decode()})

    def id_token(self, claims: dict[str, Any]) -> str:
        """Signed as Google signs; ``iss``, ``iat`` and ``exp`` are filled in where absent."""
        now = int(self._clock.now())
        filled = {"iss": "https://accounts.google.com", "iat": now, "exp": now + 3600, "email_verified": True, **claims}
        return jwt.encode(filled, self.signing_key(), algorithm="RS256", headers={"kid": KEY_ID})

    def sign_jwt(self, request: Request) -> Response:
        """IAM's signJwt: the simulated world signs for every account, and then knows the key. Raises Failure."""
        email = request.path.rpartition("/")[2].removesuffix(":signJwt")
        caller = self.access(request).subject
        if caller not in self.signers.get(email, {caller}):
            message = f"Permission 'iam.serviceAccounts.signJwt' denied on resource {email} (or it may not exist)."
            raise Failure(403, "forbidden", message, "PERMISSION_DENIED")
        payload = json.loads(json.loads(request.data)["payload"])
        public = self.signing_key().public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.register(email, pem.decode())
        signed = jwt.encode(payload, self.signing_key(), algorithm="RS256", headers={"kid": KEY_ID})
        return reply({"keyId": KEY_ID, "signedJwt": signed})

    def _claims(self, assertion: str) -> dict[str, Any]:
        issuer = jwt.decode(assertion, options={"verify_signature": False})["iss"]
        key = self.accounts[issuer]
        # Expiry is against mail time, which may stand far from this machine's.
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            audience=list(AUDIENCES),
            options={"verify_exp": False, "verify_iat": False},
        )
        return claims

    def signing_key(self) -> rsa.RSAPrivateKey:
        with _KEY_LOCK:  # callers that come together would each make one
            return _make_signing_key()


@cache
def _make_signing_key() -> rsa.RSAPrivateKey:
    """One for all worlds of a process: to make one takes a tenth of a second, and no world trusts another's tokens."""
    return rsa.generate_private_key(65537, 2048)


def refusal(kind: str) -> Response | None:
    """A planned failure of the token endpoint, where it is one of its own."""
    return _refuse(*REFUSALS[kind]) if kind in REFUSALS else None


def _refuse(status: int, error: str, description: str) -> Response:
    return reply({"error": error, "error_description": description}, status)


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated.google")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
