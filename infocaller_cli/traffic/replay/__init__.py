"""Recorded requests sent again."""
