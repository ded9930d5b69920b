"""Salesforce's REST API over an org in memory."""
