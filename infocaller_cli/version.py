"""The version, in the one place where a release sets it."""

__version__ = "0.1.0"
