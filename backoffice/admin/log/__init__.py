"""The log of operations: what they did, as far as a person sees it."""
