"""Pictures of maps, verdicts, crops and distributions, by Pillow alone."""
