"""The command lines, the only folder that imports click: one file for each command or family."""
