"""Which of Google's APIs a project has not enabled, by Google's answer, and where a person enables it."""

from __future__ import annotations

import re

SERVICE = re.compile(rb'"service"\s*:\s*"([a-z]{1,40}\.googleapis\.com)"|/apis/api/([a-z]{1,40}\.googleapis\.com)/')
TITLES = {
    "gmail.googleapis.com": "Gmail API",
    "admin.googleapis.com": "Admin SDK API",
    "iamcredentials.googleapis.com": "IAM Service Account Credentials API",
}


def explain_disabled_api(content: bytes) -> str:
    """``content`` is the body of a 403 with the reason accessNotConfigured or SERVICE_DISABLED."""
    match = SERVICE.search(content)
    service = (match[1] or match[2]).decode() if match else ""
    if not service:
        return "An API is not enabled in the Google Cloud project. Enable those that docs/google.md names."
    return (
        f"The {TITLES.get(service, service)} is not enabled in the service account's Google Cloud project. Enable it at"
        f" https://console.cloud.google.com/apis/library/{service} or with: gcloud services enable {service}. Google"
        " needs some minutes to notice."
    )
