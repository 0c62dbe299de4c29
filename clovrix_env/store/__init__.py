"""The embedded store, which answers a ``Call`` from one SQLite file with every value sealed."""

# ``answer.Store`` is the way in. Nothing is imported here: a launch pays only for what it uses.
