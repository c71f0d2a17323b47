"""Picture files from outside: their limits, and their decoding in a process of its own."""
