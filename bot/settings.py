"""The only reader of the environment: what the operator sets, checked all at once."""
