"""The plain values that all other folders use."""
