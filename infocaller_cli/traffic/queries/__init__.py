"""Queries answered from a function."""
