"""Gmail's units of a day: the budget that all processes share, what was used of it, and what older mail will cost."""
