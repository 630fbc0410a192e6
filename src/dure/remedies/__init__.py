"""Cures: changes to a network chosen by what ails it, tried on the same seeds, and ranked."""
