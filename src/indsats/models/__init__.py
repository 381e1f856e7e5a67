"""Models as data: the shipped files, and the reader that finds every fault of one at once."""
