"""Learning a personal taste from stars; no torch."""
