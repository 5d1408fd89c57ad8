"""Recorded requests: the format, the files, the recorder."""
