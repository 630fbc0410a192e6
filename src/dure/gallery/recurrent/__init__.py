"""Rows D1 to D7: recurrent networks on reviews."""
