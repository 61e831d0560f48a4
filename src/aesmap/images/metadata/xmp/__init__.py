"""XMP packets read and edited in place."""
