"""What ails networks, one module a family of findings.

Every module has ``find(case)``, which yields findings about one variant; thresholds stand at its
top, each with its reason.
"""
