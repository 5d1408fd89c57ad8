"""The command line: arguments, a call into the codec, a report, an exit code."""

import gc

# Imports only add objects: collecting among them is a twentieth of the start-up. `execute` turns it on again
gc.disable()
