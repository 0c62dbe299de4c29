"""The command lines. click is imported here and nowhere below."""
