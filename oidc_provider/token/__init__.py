"""The token endpoint, revocation, and the seam with the engine behind them."""
