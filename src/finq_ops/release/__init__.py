"""A release: Terraform publishes versions of the functions, this makes them live, a part of the traffic first."""
