"""Replay: facts from files, played through the engine under a virtual clock."""
