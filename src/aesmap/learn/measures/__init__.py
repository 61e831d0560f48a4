"""Figures of networks and of pairs of them, with intervals over groups."""
