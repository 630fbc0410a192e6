"""Sentences that keep their template, and their translation."""
