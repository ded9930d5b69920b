"""Gmail's REST API over mailboxes in memory."""
