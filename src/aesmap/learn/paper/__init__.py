"""The paper of Zhang et al. 2018 repeated: its cells, tables, claims, figures and report."""
