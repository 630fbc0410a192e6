"""From a study to a run folder: engine and storage composed."""
