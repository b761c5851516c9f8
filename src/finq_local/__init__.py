"""FinQ's laptop stack: gateway, stand-ins and command line. No image or zip carries this package."""
