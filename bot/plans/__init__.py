"""The plan core: text in, values or text out. No network, clock, database or environment."""
