"""How the service speaks HTTP: from the socket to a route, and back with an answer or a problem."""
