"""What the service does with photographs, and what it answers."""
