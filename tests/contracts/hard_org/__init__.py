"""The contract of the CRM once more, over an org that has all switches at once."""
