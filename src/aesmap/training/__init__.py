"""From rated photographs to an exported model, and the paper repeated; torch lives here alone."""
