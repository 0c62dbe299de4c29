"""The operating system: files, folders, processes, signals, the terminal."""
