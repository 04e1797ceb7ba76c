"""Relying parties: their registration, how they prove who they are, where they may call from."""
