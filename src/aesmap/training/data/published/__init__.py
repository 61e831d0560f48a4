"""The tables that recipes and benchmarks read, made from data sets as their authors publish them.

Ratings and photographs are their authors'; in ``lists`` is only which photographs our figures are
of, and which of them show one theme.
"""
