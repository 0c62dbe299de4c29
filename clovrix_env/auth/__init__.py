"""The address and the token of a request, and the source of each."""
