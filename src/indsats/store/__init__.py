"""How events are stored: their form, and the recorders that keep them."""
