"""What crosses the wire: parameters read, addresses, answers written. Knows no rule."""
