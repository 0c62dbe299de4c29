"""The values of Clovrix as last fetched: kept on disk under the token, and fetched again."""
