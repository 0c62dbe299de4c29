"""The embedded store over HTTP, for other languages and for teams."""
