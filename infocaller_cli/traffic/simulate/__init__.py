"""Whole calls played by code: the cases of a script against an application. Knows no terminal."""
