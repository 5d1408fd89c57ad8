"""What an application must hold up against: the checks in a table, the requests they make, how answers are judged, the run."""
