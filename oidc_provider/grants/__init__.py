"""What an authorization gives, from its terms to its end: codes, tokens, consents, visits."""
