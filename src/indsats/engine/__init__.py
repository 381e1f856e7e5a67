"""The durable engine: the only place where all the parts are put together."""
