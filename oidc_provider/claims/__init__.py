"""What may be said of a person: the table of claims, subject identifiers, acr, the id_token."""
