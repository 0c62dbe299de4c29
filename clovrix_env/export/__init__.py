"""What was resolved, as a text that another program reads: one file a format. Pure."""
