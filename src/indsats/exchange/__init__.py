"""What leaves and enters in the formats of others."""
