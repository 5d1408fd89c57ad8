"""One request as Infocaller sends it, and what its answer means."""
