"""Whom a request goes to, and as whom: the address, the token, and where each comes from."""
