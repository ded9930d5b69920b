"""Parts of the composition root, each for one neighbour of the service. ``server/bootstrap.py`` puts them together."""
