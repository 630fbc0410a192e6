"""What is to be trained: a study's fields, validated in one place."""
