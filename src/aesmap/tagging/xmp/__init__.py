"""XMP packets: read and edited in place, in sidecars and inside JPEGs, and undone."""
