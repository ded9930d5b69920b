"""A working day of a domain whose Salesforce org fails, refuses and changes under the sync's hands."""
