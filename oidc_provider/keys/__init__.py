"""The key ring: which key signs, which still verify, and how they change."""
