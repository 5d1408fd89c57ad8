"""FILE arguments: from a name to documents."""
