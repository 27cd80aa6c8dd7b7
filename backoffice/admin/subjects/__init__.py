"""People as subjects: who looked at them, purges, legal holds, what is held about one."""
