"""The contract of the mail provider once more, over a Google that has all switches at once."""
