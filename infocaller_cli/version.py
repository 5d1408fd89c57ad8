"""The version, and the day of the manual's words: what a release sets, here alone. The changelog's heading is held to it."""

__version__ = "0.1.0"
RELEASED = "2026-11-25"
