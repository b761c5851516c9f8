"""What FinQ costs a month, and how many people it bears: figures of `figures.yaml`, arithmetic, two pages of docs/."""
