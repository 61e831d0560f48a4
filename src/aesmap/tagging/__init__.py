"""Stars and keywords as XMP, beside photographs and inside."""
