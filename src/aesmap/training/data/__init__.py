"""Rated photographs: named by a spec, read row by row, checked, split without cutting a group."""
