"""Model weights, and the commands that train, export and evaluate them."""
