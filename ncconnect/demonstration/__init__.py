"""The demonstration: the whole site, its data and the partner impots.nc, by one command."""
