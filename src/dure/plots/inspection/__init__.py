"""Pictures of what `dure.inspection` measured."""
