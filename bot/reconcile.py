"""One subject, once: read a snapshot, decide, apply, remember. No queue, no clock of its own."""
