"""The names of clovrix-env's own variables, wherever they are recognized."""

# What every variable of ours begins with: settings, and what a launcher leaves to its program.
OURS = ("CLOVRIX_", "__CLOVRIX_")
# What a launcher leaves in the environment of its program.
MARKER = "__CLOVRIX_ENV"
# How the marker of `export --format shell` begins. No launcher withheld a token from its reader.
EXPORTED = "export:"
