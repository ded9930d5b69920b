"""Secrets in Secret Manager: each is one pinned version, read once at the start."""

from __future__ import annotations

from google.api_core import exceptions
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google_crc32c import value as crc32c

from server.adapters.cloud.calls import TRIES, call_cloud
from server.adapters.cloud.channels import CloudChannels
from server.domain.errors import ConfigurationError, TransientError

SERVICE = "Secret Manager"


class CloudSecrets:
    """Reads versions of secrets. Thread-safe, as the client is."""

    def __init__(self, client: secretmanager_v1.SecretManagerServiceClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, channels: CloudChannels) -> CloudSecrets:
        return cls(channels.connect(secretmanager_v1.SecretManagerServiceClient, SecretManagerServiceGrpcTransport))

    def read(self, version: str, setting: str) -> bytes:
        """The bytes of one version, by its full name; ``setting`` is named in errors.

        Raises ConfigurationError for a version that is not there, is switched off or is not ours to read, and
        TransientError where no answer came, or none whose checksum fits.
        """
        request = secretmanager_v1.AccessSecretVersionRequest(name=version)
        for _ in range(TRIES):
            try:
                answer = call_cloud(self._client.access_secret_version, request, SERVICE)
            except exceptions.PermissionDenied:
                raise ConfigurationError(
                    f"{setting}: this service's account may not read {version}. It needs the role Secret Manager"
                    " Secret Accessor on it; or there is no such secret."
                ) from None
            except exceptions.NotFound:
                raise ConfigurationError(f"{setting}: there is no {version} in Secret Manager.") from None
            except exceptions.FailedPrecondition:
                raise ConfigurationError(f"{setting}: {version} is disabled or destroyed in Secret Manager.") from None
            except exceptions.ClientError as error:
                raise ConfigurationError(f"{setting}: Secret Manager refused {version}: {error.code}.") from None
            data = bytes(answer.payload.data)
            if answer.payload.data_crc32c == crc32c(data):
                return data
        raise TransientError(f"{SERVICE} sent bytes that do not fit their checksum, {TRIES} times.")
