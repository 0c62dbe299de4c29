"""The names of clovrix-env's own variables, wherever they are recognized."""

# The prefixes of clovrix-env's own variables: its settings, and the marker.
OURS = ("CLOVRIX_", "__CLOVRIX_")
# The marker that a launcher sets in the environment of its program.
MARKER = "__CLOVRIX_ENV"
# The start of a complete marker of this version, which has a digest of each value.
WHOLE = "2:"
# The start of the marker that `export --format shell` sets. That command withholds no token.
EXPORTED = "export:"
