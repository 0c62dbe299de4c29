"""The values of an environment as a text that another program reads: one file for each format."""
