"""Event-sourced workflow engine for Danish jobcentre pathways."""

__all__: list[str] = []
