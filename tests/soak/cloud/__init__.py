"""A whole domain on the cloud engine for half an hour: real processes, real time, kills and failures, and what it cost."""
