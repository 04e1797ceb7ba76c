"""What a token opens: userinfo and introspection."""
