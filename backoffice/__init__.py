"""Any back office on the Django admin: wiring and machinery, not one HR word."""
