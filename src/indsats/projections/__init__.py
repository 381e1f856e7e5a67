"""Read models: what the streams say, in a form that is asked quickly."""
