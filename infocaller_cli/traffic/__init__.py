"""The outside world: captures now; sending, answering and replaying build on the same codec."""
