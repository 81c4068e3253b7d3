"""Four cases for every rule of the catalogue: passes, violates, unknown, does not apply."""
