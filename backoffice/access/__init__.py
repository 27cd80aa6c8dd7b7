"""Who comes in, and what they may see and do."""
