"""Data sets and splits; `Data` itself is `dure.Data`."""

from dure.data.sets import breast_cancer, diabetes, digits, mnist

__all__ = ["breast_cancer", "diabetes", "digits", "mnist"]
