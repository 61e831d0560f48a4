"""Whether maps hold: what happens to a logit when the parts that its map names are taken away.

Everything runs on the exported model alone, with NumPy. Networks that were randomised on purpose
are handed in as graphs (:mod:`aesmap.training.randomize` makes them).
"""
