"""Schemas of the documents, for tools that know nothing of us: what XML Schema 1.0 and JSON Schema have in common.

All is written from the tables of `spec`. Whatever has no finding passes. What the rules call an error fails, where a schema can
see it: a section or field missing, a value that is not written as it should be. A warning about what is said passes, as `validate`
lets it pass. A warning about the form does not: numbers for texts, one object for an array, a missing namespace are read, but they
are not the documented form. Undocumented fields pass in JSON (but for an answer's
CustVars, where they are variables that reach nobody); XML Schema 1.0 cannot allow for them where the order is free.
"""

from __future__ import annotations

XSD, JSON_SCHEMA = FORMS = ("xsd", "json-schema")


def schema(name: str, form: str) -> str:
    """The schema of a named kind (a key of `spec.NAMED_KINDS`) in one of FORMS, in ASCII."""
    if form == XSD:
        from .xsd import write
    else:
        from .json_schema import write
    return write(name)
