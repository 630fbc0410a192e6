"""Results on a terminal and as pictures. A view never trains and never measures."""
