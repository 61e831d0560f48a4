"""Photographs of one moment: how alike they are, and what tells them apart."""
