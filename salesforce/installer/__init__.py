"""What ``install.py`` does, step by step, with Salesforce's own command line. Python's standard library alone."""
