"""The kernel: pure functions over facts. No clock, no input or output, no logging, no randomness, no SQL."""
