"""From a request to an environment: settings, sources, precedence, references, contract."""
