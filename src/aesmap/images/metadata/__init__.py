"""What stands beside the pixels: EXIF, IPTC, XMP, read and edited in place."""
