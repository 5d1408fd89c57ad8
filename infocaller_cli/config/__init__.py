"""What the surroundings say: the configuration file and the telephone passwords. The command line and the servers share it."""
