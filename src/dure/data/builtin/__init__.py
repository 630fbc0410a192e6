"""Known data sets: bundled, downloaded, or excerpts."""
