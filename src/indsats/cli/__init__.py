"""The command line: it calls the engine and prints. No rule lives here."""
