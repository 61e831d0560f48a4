"""Crops cut out of a photograph and written to files, with what must stay true in them."""
