"""The report about a project that uses another library."""
