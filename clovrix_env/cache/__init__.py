"""The cached values of Clovrix: stored on disk, sealed with the token, and fetched again."""
