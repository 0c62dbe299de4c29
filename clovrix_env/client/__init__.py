"""Who asks: the clients, and the senders under them."""
