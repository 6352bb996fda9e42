"""The bench: what the product does in a second here, beside the limits it could reach."""
