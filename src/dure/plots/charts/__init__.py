"""What is drawn, as blocks: built once for page, terminal and pictures; needs no matplotlib."""
