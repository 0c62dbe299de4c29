"""The plain values that every other folder works with."""
