"""Results as rows: their schema, storing, reading, conditions."""
