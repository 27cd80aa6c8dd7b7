"""What is known about people: which columns say it (registry), one person's copy of it (export), its end (purge)."""
