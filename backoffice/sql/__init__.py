"""What the engines are told beyond the ORM: closures, tallies, search indexes, locks, sets of keys."""
