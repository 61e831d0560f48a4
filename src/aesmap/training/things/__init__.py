"""Nouns for what is under a peak, taught by ImageNet's classifier."""
