"""The sources of values: each returns one layer and does not know the others."""
