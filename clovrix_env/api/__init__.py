"""What both ends of the wire know. Pure: nothing here reads a file, a clock or a socket."""
