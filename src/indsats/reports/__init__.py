"""What is written for those who lead: the status report."""
