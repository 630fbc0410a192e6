"""Results as pictures. What draws never trains and never measures."""
