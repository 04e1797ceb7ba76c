"""What the service costs: CPU time, SQL statements and bytes, measured over HTTP from outside."""
