"""The paper of Zhang et al. 2018 repeated: its experiments, tables, claims, figures and report."""
