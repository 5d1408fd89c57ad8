"""The outside world: captures, sending, answering, recording and replaying, all on the same codec."""
