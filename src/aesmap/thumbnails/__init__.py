"""Crops of many photographs, at the sizes that a site or an application wants."""
