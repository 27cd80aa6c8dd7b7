"""HR: departments and the people in them."""
