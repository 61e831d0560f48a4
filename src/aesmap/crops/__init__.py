"""Where to crop: the paper's rule with one map or two, and a search by aspect ratio."""
