"""What puts the service on Google Cloud: ``make deploy PROJECT=...`` (docs/deploy.md). Never uploaded itself."""
